/* The table of commands: a new command is one file and one row here. */
#include "cli/cli.h"

#include "base/text.h"
#include "data/data.h"
#include "models/resnet/method.h"

#include <eigenstep/eigenstep.h>

#include <string.h>

enum {
  TABLE = ES_TAKES_DIR | ES_TAKES_CSV | ES_TAKES_JSON | ES_TAKES_SETTINGS |
          ES_NEEDS_TARGET
};

static const es_command commands[] = {
    {"run",
     "EXPERIMENT",
     "all stages of an experiment, into out/EXPERIMENT/",
     {"eigenstep run staircase",
      "eigenstep run my-experiment.yaml -o out/mine"},
     ES_TAKES_DIR | ES_TAKES_SIZE | ES_TAKES_RESUME | ES_NEEDS_TARGET |
         ES_MAKES_DIR | ES_LOOKS,
     NULL,
     es_cmd_run,
     NULL},
    {"flow",
     "MODEL",
     "the theoretical trajectory of one model",
     {"eigenstep flow barlow-twins gamma=1,0.5 s0=1e-3,1e-3 time.t=0,1,2,5",
      "eigenstep flow barlow-twins data.name=fashion-mnist data.n=500 d=10 -o "
      "out/flow"},
     TABLE | ES_IS_STAGE | ES_LOOKS,
     es_cli_configure_model,
     es_cmd_flow,
     NULL},
    {"predict",
     "MODEL",
     "step times and final state, without a trajectory",
     {"eigenstep predict barlow-twins gamma=1,0.5 s0=1e-3,1e-3",
      "eigenstep predict barlow-twins data.n=500 d=10 lr=1e-3 --json"},
     TABLE | ES_IS_STAGE,
     es_cli_configure_model,
     es_cmd_predict,
     NULL},
    {"fixed-points",
     "MODEL",
     "stationary points, and what bounds them: loss floor, learning rate, eta",
     {"eigenstep fixed-points barlow-twins gamma=1,0.5,-0.1 s0=1e-3,1e-3,1e-3",
      "eigenstep fixed-points byol-eigenmode eta=0.04 sigma2=0.09 --json"},
     TABLE | ES_IS_STAGE,
     es_cli_configure_model,
     es_cmd_fixed_points,
     NULL},
    {"separatrix",
     "MODEL",
     "the basin's boundary: p0 at each given s0, and how well it is known",
     {"eigenstep separatrix byol-eigenmode s0=1e-3,1e-2 ema=off tau0=1",
      "eigenstep separatrix byol-eigenmode s0=log:1e-3:1:20 beta=0.4 --json"},
     TABLE | ES_IS_STAGE,
     es_cli_configure_model,
     es_cmd_separatrix,
     NULL},
    {"basin",
     "MODEL",
     "the share of a box of starts that survives, with its 95% interval",
     {"eigenstep basin byol-eigenmode box.p0=0,1 box.s0=0,1 samples=100000",
      "eigenstep basin byol-eigenmode box.p0=0,1 box.s0=0,1 box.tau0=0,1 "
      "eta=0.1"},
     TABLE | ES_IS_STAGE | ES_DRAWS,
     es_cli_configure_basin,
     es_cmd_basin,
     NULL},
    {"sweep",
     "MODEL",
     "a grid of parameters: one row per cell",
     {"eigenstep sweep barlow-twins gamma=1,0.5 s0=1e-3,1e-3 "
      "sweep.t_end=lin:1:50:50",
      "eigenstep sweep --merge out/shards -o out/whole"},
     TABLE | ES_IS_STAGE | ES_TAKES_RESUME | ES_SWEEPS,
     es_cli_configure_sweep,
     es_cmd_sweep,
     NULL},
    {"train",
     "METHOD",
     "a network with one SSL method, into out/METHOD/",
     {"eigenstep train barlow-covariance net.init_scale=3e-3 train.lr=0.02",
      "eigenstep train barlow-covariance data.size=14 lr_relative=0.3 "
      "encoder_lr_ratio=1e-3 predict=conjugate -o out/quantitative"},
     ES_TAKES_DIR | ES_TAKES_JSON | ES_TAKES_SETTINGS | ES_TAKES_RESUME |
         ES_NEEDS_TARGET | ES_IS_STAGE | ES_MAKES_DIR | ES_TRAINS | ES_LOOKS,
     es_cli_configure_train,
     es_cmd_train,
     es_train_settle},
    {"embed",
     "RUN",
     "a saved network's outputs on a data set, as embed.h5",
     {"eigenstep embed out/quantitative data.split=test",
      "eigenstep embed out/quantitative data.n=1000 -o out/embedded"},
     ES_TAKES_DIR | ES_TAKES_SETTINGS | ES_NEEDS_TARGET | ES_TRAINS |
         ES_IS_STAGE | ES_OF_STAGE | ES_SET_BY_RUN,
     es_cli_configure_run,
     es_cmd_embed,
     es_train_settle},
    {"probe",
     "RUN",
     "linear probe or nearest neighbours of a saved network's features",
     {"eigenstep probe out/net",
      "eigenstep probe out/net kind=knn layer=embedding -o out/knn"},
     TABLE | ES_IS_STAGE | ES_OF_STAGE | ES_PROBES,
     es_cli_configure_probe,
     es_cmd_probe,
     NULL},
    {"spectrum",
     "RUN",
     "singular values of a saved network's features of test images",
     {"eigenstep spectrum out/net",
      "eigenstep spectrum out/net layer=embedding floor=1e-2 -o out/spectrum"},
     TABLE | ES_IS_STAGE | ES_OF_STAGE | ES_OF_FEATURES,
     es_cli_configure_spectrum,
     es_cmd_spectrum,
     NULL},
    {"ntk",
     "RUN",
     "empirical NTK of a saved network on pairs of its data, as ntk.h5",
     {"eigenstep ntk out/net", "eigenstep ntk out/net n=256 outputs=4 test=100 "
                               "-o out/kernel"},
     ES_TAKES_DIR | ES_TAKES_SETTINGS | ES_NEEDS_TARGET | ES_IS_STAGE |
         ES_OF_STAGE | ES_OF_KERNEL,
     es_cli_configure_ntk,
     es_cmd_ntk,
     NULL},
    {"overlay",
     "RUN...",
     "theory against trained runs: curves, step times, agreement",
     {"eigenstep overlay out/quantitative",
      "eigenstep overlay out/seeds/0* -o out/overlay"},
     ES_TAKES_DIR | ES_NEEDS_TARGET | ES_TAKES_MORE | ES_IS_STAGE |
         ES_OF_STAGE | ES_LOOKS,
     NULL,
     es_cmd_overlay,
     NULL},
    {"metrics",
     "FILE",
     "collapse metrics of an N x d representation, or of a spectrum",
     {"eigenstep metrics out/net/embed.h5:/representation",
      "eigenstep metrics sigma.csv kind=spectrum --json"},
     TABLE | ES_MEASURES,
     es_cli_configure_metrics,
     es_cmd_metrics,
     NULL},
    {"plot",
     "DIR",
     "draw the figures of a run or an experiment again",
     {"eigenstep plot out/staircase",
      "eigenstep plot out/flow size=3.3,2.6 theme=print modes=1,2,5"},
     ES_NEEDS_TARGET | ES_TAKES_SETTINGS | ES_LOOKS,
     NULL,
     es_cmd_plot,
     NULL},
    {"list",
     "[models|methods|experiments|datasets|keys]",
     "what there is to choose from",
     {"eigenstep list models", "eigenstep list keys"},
     0,
     NULL,
     es_cmd_list,
     NULL},
    {"doctor",
     "",
     "libraries, SIMD, threads, data sets, gnuplot: what is there, what is "
     "missing",
     {"eigenstep doctor", "eigenstep doctor --quiet"},
     0,
     NULL,
     es_cmd_doctor,
     NULL},
};

const es_command *es_cli_commands(size_t *n) {
  *n = sizeof commands / sizeof *commands;
  return commands;
}

es_status es_cli_unknown(const char *name, const char *kind,
                         const char *const *names, size_t n, const char *lists,
                         es_diag *diag) {
  char shown[64];
  const size_t near = es_text_nearest(name, names, n);
  es_text_quote(shown, sizeof shown, name);
  if (near < n)
    return es_fail(diag, ES_USAGE, "%s: no such %s; did you mean %s?", shown,
                   kind, names[near]);
  return es_fail(diag, ES_USAGE, "%s: no such %s; `eigenstep %s` names them",
                 shown, kind, lists);
}

es_status es_cli_find_model(const es_model **out, const char *name,
                            es_diag *diag) {
  const char *names[32];
  size_t n = 0;
  *out = es_model_find(name);
  if (*out != NULL) return ES_OK;
  for (; n < 32 && es_model_list(n) != NULL; n++)
    names[n] = es_model_list(n)->name;
  return es_cli_unknown(name, "model", names, n, "list models", diag);
}

es_status es_cli_configure_model(es_config **out, const char *target,
                                 es_diag *diag) {
  const es_model *model;
  *out = NULL;
  const es_status status = es_cli_find_model(&model, target, diag);
  return status != ES_OK ? status : es_flow_config(out, model, diag);
}
