#!/usr/bin/python3
"""The shared library from Python, without a compiler: closed forms, and flows of
any model, by ctypes. library.py [PATH of libeigenstep.so]."""
import ctypes as c
import math
import sys

ROW = c.CFUNCTYPE(c.c_int, c.c_void_p, c.POINTER(c.c_double), c.c_size_t)


class Diag(c.Structure):  # es_diag
    _fields_ = [("code", c.c_int), ("t", c.c_double), ("h", c.c_double),
                ("steps", c.c_size_t), ("message", c.c_char * 512)]


class Mode(c.Structure):  # es_barlow_mode
    _fields_ = [("s", c.c_double), ("lambda_", c.c_double),
                ("one_minus_lambda", c.c_double)]


class Eigenstep:
    ABI = 4

    def __init__(self, path="libeigenstep.so"):
        self.lib = lib = c.CDLL(path)
        if lib.es_abi() != self.ABI:
            raise ImportError(f"{path}: ABI {lib.es_abi()}, not {self.ABI}")
        lib.es_version.restype = c.c_char_p
        lib.es_model_find.restype = c.c_void_p
        lib.es_flow_columns.restype = c.c_size_t
        lib.es_barlow_closed_form.restype = Mode
        lib.es_barlow_closed_form.argtypes = [c.c_double] * 3
        lib.es_init()

    def _check(self, status, diag):
        if status:
            raise ValueError(diag.message.decode())

    def flow(self, model, **settings):
        """Columns of the flow of a model, by name. Settings are named as on the
        command line, a dot as two underscores: time__t="0,1,2"."""
        lib, diag = self.lib, Diag()
        config, flow = c.c_void_p(), c.c_void_p()
        of = c.c_void_p(lib.es_model_find(model.encode()))
        if not of:
            raise ValueError(f"{model}: no such model")
        rows = []

        @ROW
        def keep(_, row, n):
            rows.append(row[:n])
            return 0
        try:
            self._check(lib.es_flow_config(c.byref(config), of, c.byref(diag)),
                        diag)
            for key, value in settings.items():
                word = f"{key.replace('__', '.')}={value}".encode()
                self._check(lib.es_config_set(config, word, c.byref(diag)), diag)
            self._check(lib.es_flow_new(c.byref(flow), of, config, None,
                                        c.byref(diag)), diag)
            name, names = c.create_string_buffer(64), []
            for j in range(lib.es_flow_columns(flow)):
                lib.es_flow_column(flow, c.c_size_t(j), name, c.c_size_t(64))
                names.append(name.value.decode())
            self._check(lib.es_flow_run(flow, keep, None, c.byref(diag)), diag)
        finally:
            lib.es_flow_free(flow)
            lib.es_config_free(config)
        return dict(zip(names, zip(*rows)))


def main(path):
    es = Eigenstep(path)
    print("version", es.lib.es_version().decode())
    print("closed form at t=5:", es.lib.es_barlow_closed_form(1, 1e-3, 5).lambda_)
    trace = es.flow("byol-eigenmode", p0=0.3, s0=0.2, time__t="0,10,100")
    for t, p in zip(trace["t"], trace["p_1"]):
        print(f"p({t:g}) = {p:.12g}")
    try:
        es.flow("byol-eigenmode", p0=0.3, s0=0.2, eta=-1)
    except ValueError as error:
        print("refused:", error)
    return all(map(math.isfinite, trace["p_1"]))


if __name__ == "__main__":
    sys.exit(not main(*sys.argv[1:]))
