// One tile of a matrix product C[m, n] = Σ_k A(m, k)·B(n, k), where A and B are operands (operands.cuh).
#pragma once
#include "last.cuh"
#include "operands.cuh"

// Walk is the coordinate along which neighbouring threads load: the one whose neighbours are close in memory.
enum Walk { ALONG_ROWS, ALONG_DEPTH };

// Loader loads WIDTH rows × DEPTH of an operand into shared memory, through registers, so that the next stage is in
// transit while the present one is computed. Elements outside the operand are zero.
template <class Tile, class Operand, int WIDTH, Walk WALK> struct Loader {
  static constexpr int EACH = WIDTH * DEPTH / THREADS;
  const Operand &operand;
  int first, rows; // the tile's first row, the operand's rows
  typename Operand::Row fixed;
  float staged[EACH];

  DEVICE Loader(const Operand &operand, int first, int rows) : operand(operand), first(first), rows(rows) {
    if (WALK == ALONG_ROWS) fixed = operand.row(min(first + thread() % WIDTH, rows - 1));
  }
  DEVICE int row(int i) const {
    return WALK == ALONG_ROWS ? thread() % WIDTH : thread() / DEPTH + i * (THREADS / DEPTH);
  }
  DEVICE int depth(int i) const {
    return WALK == ALONG_ROWS ? thread() / WIDTH + i * (THREADS / WIDTH) : thread() % DEPTH;
  }
  DEVICE void fetch(int k0) {
    auto stage = operand.stage(k0);
    UNROLL
    for (int i = 0; i < EACH; i++) {
      int r = first + row(i);
      staged[i] = operand.at(WALK == ALONG_ROWS ? fixed : operand.row(r), stage, depth(i), r < rows);
    }
  }
  DEVICE void publish(float (*shared)[WIDTH + Tile::PAD]) const {
    UNROLL
    for (int i = 0; i < EACH; i++) shared[depth(i)][row(i)] = Tile::prepare(staged[i]);
  }
};

// Fused computes a tile in fp32: each thread owns 4 rows and 4 neighbouring columns.
template <int M, int N> struct Fused {
  static_assert(M * N == 16 * THREADS, "16 elements a thread");
  static constexpr int TILE_M = M, TILE_N = N, ROWS = 4, COLUMNS = 4;
  static constexpr int PAD = 4; // floats after each shared row: keeps 16-byte alignment and spreads the banks
  static constexpr int GROUPS = N / COLUMNS; // threads that share a row
  float sum[ROWS][COLUMNS] = {};

  static DEVICE float prepare(float factor) { return factor; }
  DEVICE int group() const { return thread() % GROUPS; }
  DEVICE int row(int i) const { return thread() / GROUPS * ROWS + i; }
  DEVICE int column(int j) const { return thread() % GROUPS * COLUMNS + j; }
  DEVICE void accumulate(const float (*a)[M + PAD], const float (*b)[N + PAD]) {
    UNROLL
    for (int k = 0; k < DEPTH; k++) {
      Vec<4> left = *(const Vec<4> *)&a[k][row(0)], right = *(const Vec<4> *)&b[k][column(0)];
      UNROLL
      for (int i = 0; i < ROWS; i++)
        UNROLL
        for (int j = 0; j < COLUMNS; j++) sum[i][j] = __builtin_fmaf(left[i], right[j], sum[i][j]);
    }
  }
};

#ifdef TF32

// TensorCores computes a tile on tensor cores (sm_80 and later): factors rounded to TF32, sums in fp32. Each of the 8
// warps owns 16 rows and 32 columns, distributed over its lanes as the PTX manual shows for mma.m16n8k8.
template <int M, int N> struct TensorCores {
  static_assert(M * N == 16 * THREADS, "16 elements a thread");
  static constexpr int TILE_M = M, TILE_N = N, ROWS = 2, COLUMNS = 8;
  static constexpr int PAD = 8; // with this the 32 lanes read 32 different banks
  static constexpr int GROUPS = N / COLUMNS;
  float sum[ROWS][COLUMNS] = {};

  // rounded to nearest; the hardware alone would truncate
  static DEVICE float prepare(float factor) {
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(factor));
    return __builtin_bit_cast(float, bits);
  }
  DEVICE int first_row() const { return thread() / 32 % (M / 16) * 16; }
  DEVICE int first_column() const { return thread() / 32 / (M / 16) * 32; }
  DEVICE int quad() const { return thread() % 32 / 4; }
  DEVICE int lane() const { return thread() % 4; }
  DEVICE int group() const { return first_column() / COLUMNS + lane(); }
  DEVICE int row(int i) const { return first_row() + quad() + 8 * i; }
  DEVICE int column(int j) const { return first_column() + j / 2 * 8 + 2 * lane() + j % 2; }
  DEVICE void accumulate(const float (*a)[M + PAD], const float (*b)[N + PAD]) {
    UNROLL
    for (int k = 0; k < DEPTH; k += 8) {
      const float *low = &a[k + lane()][row(0)], *high = &a[k + lane() + 4][row(0)];
      UNROLL
      for (int j = 0; j < COLUMNS; j += 2) {
        int n = first_column() + j * 4 + quad();
        asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
                     "{%0, %1, %2, %3};"
                     : "+f"(sum[0][j]), "+f"(sum[0][j + 1]), "+f"(sum[1][j]), "+f"(sum[1][j + 1])
                     : "r"(bits(low[0])), "r"(bits(low[8])), "r"(bits(high[0])), "r"(bits(high[8])),
                       "r"(bits(b[k + lane()][n])), "r"(bits(b[k + lane() + 4][n])));
      }
    }
  }
  static DEVICE unsigned bits(float v) { return __builtin_bit_cast(unsigned, v); }
};

#define TILE TensorCores
#else
#define TILE Fused
#endif

using Tile16 = TILE<16, 256>;
using Tile32 = TILE<32, 128>;
using Tile64 = TILE<64, 64>;

// multiply adds the product over the depth [k0, end) to the tile whose corner is (m0, n0) of a product of m × n.
template <Walk WALK_A, Walk WALK_B, class Tile, class A, class B>
DEVICE void multiply(Tile &tile, const A &a, const B &b, int m0, int m, int n0, int n, int k0, int end) {
  constexpr int M = Tile::TILE_M, N = Tile::TILE_N, PAD = Tile::PAD;
  static __shared__ __attribute__((aligned(16))) float shared_a[DEPTH][M + PAD];
  static __shared__ __attribute__((aligned(16))) float shared_b[DEPTH][N + PAD];
  Loader<Tile, A, M, WALK_A> load_a(a, m0, m);
  Loader<Tile, B, N, WALK_B> load_b(b, n0, n);
  load_a.fetch(k0);
  load_b.fetch(k0);
  for (int k = k0; k < end; k += DEPTH) {
    load_a.publish(shared_a);
    load_b.publish(shared_b);
    barrier();
    if (k + DEPTH < end) {
      load_a.fetch(k + DEPTH);
      load_b.fetch(k + DEPTH);
    }
    tile.accumulate(shared_a, shared_b);
    barrier();
  }
}

// Slices are parts of the depth that go to different blocks, so that a product of few tiles keeps the GPU busy.
// grid: (column tiles, row tiles, slices)
struct Slices {
  float *partial; // [slices, tiles, 16, THREADS]: the sums of each thread
  unsigned *counters; // [tiles]
  int depth; // of a slice, whole stages
  DEVICE int begin() const { return block_z() * depth; }
  DEVICE int end(int total) const { return min(begin() + depth, total); }
};

// join adds up the slices of a tile, in order, and returns true in the block that then has the sums.
template <class Tile> DEVICE bool join(Tile &tile, const Slices &s) {
  if (blocks_z() == 1) return true;
  int tiles = blocks_x() * blocks_y(), at = block_y() * blocks_x() + block_x();
  auto place = [&](int slice) { return s.partial + ((long long)slice * tiles + at) * (16 * THREADS) + thread(); };
  float *mine = place(block_z());
  UNROLL
  for (int i = 0; i < 16; i++) mine[i * THREADS] = tile.sum[i / Tile::COLUMNS][i % Tile::COLUMNS];
  if (!last_of(s.counters + at, blocks_z())) return false;
  UNROLL
  for (int i = 0; i < 16; i++) tile.sum[i / Tile::COLUMNS][i % Tile::COLUMNS] = 0;
  for (int slice = 0; slice < blocks_z(); slice++) {
    const float *in = place(slice);
    UNROLL
    for (int i = 0; i < 16; i++) tile.sum[i / Tile::COLUMNS][i % Tile::COLUMNS] += in[i * THREADS];
  }
  return true;
}
