#ifndef RADAPTER_SIMULATOR_CUBLAS_PLAIN_PRODUCT_H
#define RADAPTER_SIMULATOR_CUBLAS_PLAIN_PRODUCT_H

/** A matrix as cuBLAS has it: columns one after another, `type` a cudaDataType. */
struct Columns {
  const void* data;
  int type;
  int ld;
  int transposed;
};

/** c [m, n] = op(a) op(b), op(a) [m, k]. */
struct PlainProduct {
  int m;
  int n;
  int k;
  Columns a;
  Columns b;
  Columns c;
};

#endif
