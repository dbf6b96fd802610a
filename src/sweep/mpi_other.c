/* The other ranks of a sweep: ask, solve, send. See mpi_wire.h. */
#include "sweep/mpi_wire.h"

#include <mpi.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

typedef enum place { EMPTY, ASKED, READY, BUSY, SOLVED } place;

typedef struct client {
  es_team *team;
  es_block *block; /* n places */
  place *is;
  size_t n;
  bool over;         /* no more will come */
  bool failed, told; /* here; rank 0 knows */
  es_status status;
  es_diag diag;
  pthread_mutex_t lock;
  pthread_cond_t change;
  es_bytes buffer;
} client;

static size_t find(const client *c, place what) {
  for (size_t i = 0; i < c->n; i++)
    if (c->is[i] == what) return i;
  return c->n;
}

static es_deal client_deal(void *context, es_block **out, double seconds) {
  client *c = context;
  (void)seconds; /* something always comes: a block or the end */
  pthread_mutex_lock(&c->lock);
  size_t i;
  while ((i = find(c, READY)) == c->n && !c->over && !c->failed)
    pthread_cond_wait(&c->change, &c->lock);
  const bool got = i < c->n && !c->failed;
  if (got) {
    c->is[i] = BUSY;
    *out = &c->block[i];
  }
  pthread_mutex_unlock(&c->lock);
  return got ? ES_DEAL_BLOCK : ES_DEAL_END;
}

static void client_done(void *context, es_block *block) {
  client *c = context;
  pthread_mutex_lock(&c->lock);
  c->is[block - c->block] = SOLVED;
  pthread_mutex_unlock(&c->lock);
}

static void client_end(void *context, es_status status, const es_diag *diag) {
  client *c = context;
  pthread_mutex_lock(&c->lock);
  if (!c->failed) {
    c->failed = true;
    c->status = status;
    if (diag != NULL) c->diag = *diag;
  }
  atomic_store(&c->team->stop, true);
  pthread_cond_broadcast(&c->change);
  pthread_mutex_unlock(&c->lock);
}

static double client_cells(void *context) {
  (void)context;
  return 0;
}

static void set(client *c, size_t i, place what) {
  pthread_mutex_lock(&c->lock);
  c->is[i] = what;
  pthread_cond_broadcast(&c->change);
  pthread_mutex_unlock(&c->lock);
}

static size_t locked_find(client *c, place what) {
  pthread_mutex_lock(&c->lock);
  const size_t i = find(c, what);
  pthread_mutex_unlock(&c->lock);
  return i;
}

/* Asks for as many blocks as there is room for. */
static void ask(client *c) {
  size_t i;
  while (!c->over && (i = locked_find(c, EMPTY)) < c->n) {
    set(c, i, ASKED);
    MPI_Send(NULL, 0, MPI_BYTE, 0, ES_MPI_ASK, MPI_COMM_WORLD);
  }
}

static bool send_rows(client *c) {
  const size_t i = locked_find(c, SOLVED);
  if (i == c->n) return false;
  if (!es_mpi_pack(&c->buffer, c->team->sweep, &c->block[i]))
    MPI_Abort(MPI_COMM_WORLD, es_status_exit_code(ES_NO_MEMORY));
  MPI_Send(c->buffer.data, (int)c->buffer.n, MPI_BYTE, 0, ES_MPI_ROWS,
           MPI_COMM_WORLD);
  set(c, i, EMPTY);
  return true;
}

static bool hear(client *c) {
  int there = 0;
  uint64_t message[3];
  MPI_Iprobe(0, ES_MPI_DEAL, MPI_COMM_WORLD, &there, MPI_STATUS_IGNORE);
  if (there == 0) return false;
  MPI_Recv(message, 3, MPI_UINT64_T, 0, ES_MPI_DEAL, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  const size_t i = locked_find(c, ASKED);
  if (message[2] == 0) {
    pthread_mutex_lock(&c->lock);
    c->over = true;
    if (message[0] != 0) { /* others failed: what is left has no use */
      c->failed = c->told = true;
      atomic_store(&c->team->stop, true);
    }
    pthread_cond_broadcast(&c->change);
    pthread_mutex_unlock(&c->lock);
  } else if (i < c->n) {
    c->block[i].number = message[0];
    c->block[i].first = message[1];
    c->block[i].n = (size_t)message[2];
    set(c, i, READY);
  }
  return true;
}

/* Once, to rank 0, which then ends all. */
static void tell_failure(client *c) {
  es_mpi_failure f = {0};
  pthread_mutex_lock(&c->lock);
  const bool now = c->failed && !c->told;
  c->told = c->failed;
  f.status = (int)c->status;
  memcpy(f.message, c->diag.message, sizeof f.message);
  pthread_mutex_unlock(&c->lock);
  if (now)
    MPI_Send(&f, (int)sizeof f, MPI_BYTE, 0, ES_MPI_FAIL, MPI_COMM_WORLD);
}

static bool busy(client *c) {
  pthread_mutex_lock(&c->lock);
  const bool any =
      !c->failed &&
      (find(c, BUSY) < c->n || find(c, SOLVED) < c->n || find(c, READY) < c->n);
  pthread_mutex_unlock(&c->lock);
  return any;
}

static void talk(client *c) {
  const es_watch *watch = c->team->watch;
  while (!c->over || busy(c)) {
    es_diag diag = {0};
    if (watch != NULL && watch->ask(watch->context, "sweep", 0, 0))
      client_end(c, es_fail(&diag, ES_INTERRUPTED, "interrupted"), &diag);
    tell_failure(c);
    ask(c);
    const bool heard = hear(c);
    if (!send_rows(c) && !heard) es_mpi_nap();
  }
  MPI_Send(NULL, 0, MPI_BYTE, 0, ES_MPI_BYE, MPI_COMM_WORLD);
}

static void close_client(client *c) {
  for (size_t i = 0; c->block != NULL && i < c->n; i++)
    es_block_close(&c->block[i]);
  free(c->block);
  free(c->is);
  free(c->buffer.data);
  pthread_mutex_destroy(&c->lock);
  pthread_cond_destroy(&c->change);
}

void es_mpi_run_other(es_team *team, size_t threads) {
  client c = {.team = team, .n = 2 * threads + 1};
  uint64_t size;
  MPI_Bcast(&size, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
  pthread_mutex_init(&c.lock, NULL);
  pthread_cond_init(&c.change, NULL);
  c.block = calloc(c.n, sizeof *c.block);
  c.is = calloc(c.n, sizeof *c.is);
  bool ok = c.block != NULL && c.is != NULL;
  for (size_t i = 0; ok && i < c.n; i++)
    ok = es_block_open(&c.block[i], team->sweep, (size_t)size);
  if (!ok) MPI_Abort(MPI_COMM_WORLD, es_status_exit_code(ES_NO_MEMORY));
  team->source =
      (es_source){client_deal, client_done, client_end, client_cells, &c};
#pragma omp parallel num_threads((int)threads + 1)
  {
    if (omp_get_thread_num() == 0)
      talk(&c);
    else
      es_team_work(team, false);
  }
  close_client(&c);
}
