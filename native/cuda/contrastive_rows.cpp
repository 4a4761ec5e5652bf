// Some rows of MPM-NCE, see radapter_contrastive_row_sums: the tiles of the whole loss, a chunk of rows after another,
// with the sums of lines given and taken in double.
#include "contrastive_rows_kernels.h"
#include "contrastive_tiles.h"
#include "launch.h"

namespace radapter::cuda {
namespace {

RADAPTER_KERNEL(contrastive_rows, summarise_lines);
RADAPTER_KERNEL(contrastive_rows, soften_lines);
RADAPTER_KERNEL(contrastive_rows, contrastive_row_scale);
RADAPTER_KERNEL(contrastive_rows, contrastive_summary_losses);

static_assert(sizeof(LineSummary) == 3 * sizeof(double), "a line of row_sums is three numbers");

/** The workspace of both halves, divided. */
struct Buffers {
  float* scale;
  LineSums* parts;
  LineSums* states;
  LineSoft* row_soft;
  LineSoft* column_soft;
  float* tile_parts;
  float* row_scale_parts;
  /** [chunk, m] of the features' type. */
  void* gradient;
};

/** Sized for either type: tiles of single precision are the smaller, its numbers the larger. */
size_t divide(void* workspace, int64_t n, int64_t m, int64_t count, Buffers* b) {
  Divider divider(workspace);
  const int64_t chunk = least(count, kChunkRows);
  const int64_t across = divide_up(m, kSmallTile);
  divider.take(&b->scale, 1);
  divider.take(&b->parts, across * chunk);
  divider.take(&b->states, chunk);
  divider.take(&b->row_soft, n);
  divider.take(&b->column_soft, m);
  divider.take(&b->tile_parts, across * divide_up(chunk, kSmallTile));
  divider.take(&b->row_scale_parts, across * chunk);
  divider.take(&b->gradient, chunk * divide_up(m, kGroup) * kGroup, sizeof(float));
  return divider.used();
}

int soften(radapter_context* context, CUstream_st* stream, int64_t lines, int64_t others, double smoothing,
           const float* scale, const double* summaries, LineSoft* soft) {
  const SoftenLinesArguments arguments = {lines,
                                          static_cast<float>(others),
                                          static_cast<float>(smoothing),
                                          scale,
                                          reinterpret_cast<const LineSummary*>(summaries),
                                          soft};
  return launch(context, stream, soften_lines_kernel, {divide_up(lines, kLineThreads)}, kLineThreads, arguments);
}

}  // namespace

size_t contrastive_rows_workspace(const radapter_context*, int64_t n, int64_t m, int64_t d, int64_t count) {
  Buffers buffers;
  return n <= 0 || m <= 0 || d <= 0 || count <= 0 ? 0 : divide(nullptr, n, m, count, &buffers);
}

int contrastive_row_sums(radapter_context* context, CUstream_st* stream, int64_t n, int64_t m, int64_t d, const void* f,
                         int64_t ldf, const void* g, int64_t ldg, int dtype, const int32_t* row_labels,
                         const int32_t* column_labels, const int64_t* row_offsets, const int32_t* row_columns,
                         double scale, const float* log_scale, double margin, double smoothing, int64_t first,
                         int64_t count, int, double* row_sums, void* workspace, size_t) {
  Buffers buffers;
  divide(workspace, n, m, count, &buffers);
  RADAPTER_TRY(put_scale(context, stream, scale, log_scale, buffers.scale));
  ContrastiveArguments arguments = contrastive_arguments(n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels,
                                                         row_offsets, row_columns, margin, buffers.scale);
  arguments.row_parts = buffers.parts;
  for (int64_t done = 0; done < count; done += kChunkRows) {
    const int64_t rows = least(count - done, kChunkRows);
    const ContrastiveArguments chunk = contrastive_chunk(arguments, first + done, rows);
    RADAPTER_TRY(sum_tiles(context, stream, chunk));
    RADAPTER_TRY(merge_line_parts(
        context, stream,
        {rows, divide_up(m, contrastive_tile(chunk)), buffers.parts, buffers.states, buffers.scale, 1}));
    const SummariseLinesArguments summarise = {
        rows,          static_cast<float>(m), static_cast<float>(smoothing),
        buffers.scale, buffers.states,        reinterpret_cast<LineSummary*>(row_sums) + done};
    RADAPTER_TRY(
        launch(context, stream, summarise_lines_kernel, {divide_up(rows, kLineThreads)}, kLineThreads, summarise));
  }
  return RADAPTER_OK;
}

int contrastive_row_gradients(radapter_context* context, CUstream_st* stream, int64_t n, int64_t m, int64_t d,
                              const void* f, int64_t ldf, const void* g, int64_t ldg, int dtype,
                              const int32_t* row_labels, const int32_t* column_labels, const int64_t* row_offsets,
                              const int32_t* row_columns, double scale, const float* log_scale, double margin,
                              double smoothing, int64_t first, int64_t count, int, const double* row_sums,
                              const double* column_sums, float* losses, void* d_f, int64_t lddf, float* d_log_scale,
                              void* workspace, size_t) {
  Buffers buffers;
  divide(workspace, n, m, count, &buffers);
  RADAPTER_TRY(put_scale(context, stream, scale, log_scale, buffers.scale));
  RADAPTER_TRY(soften(context, stream, n, m, smoothing, buffers.scale, row_sums, buffers.row_soft));
  RADAPTER_TRY(soften(context, stream, m, n, smoothing, buffers.scale, column_sums, buffers.column_soft));
  ContrastiveArguments arguments = contrastive_arguments(n, m, d, f, ldf, g, ldg, dtype, row_labels, column_labels,
                                                         row_offsets, row_columns, margin, buffers.scale);
  arguments.row_soft = buffers.row_soft;
  arguments.column_soft = buffers.column_soft;
  arguments.gradient = output(buffers.gradient, divide_up(m, kGroup) * kGroup, dtype);
  arguments.scale_parts = buffers.tile_parts;
  arguments.row_scale_parts = d_log_scale == nullptr ? nullptr : buffers.row_scale_parts;
  for (int64_t done = 0; done < count; done += kChunkRows) {
    const int64_t rows = least(count - done, kChunkRows);
    const ContrastiveArguments chunk = contrastive_chunk(arguments, first + done, rows);
    RADAPTER_TRY(differentiate_tiles(context, stream, chunk));
    RADAPTER_TRY(multiply_gradient_by_g(context, stream, chunk,
                                        static_cast<char*>(d_f) + done * lddf * element_bytes(dtype), lddf));
    if (d_log_scale != nullptr) {
      const RowScaleArguments sums = {rows, divide_up(m, contrastive_tile(chunk)), buffers.row_scale_parts,
                                      d_log_scale + done};
      RADAPTER_TRY(
          launch(context, stream, contrastive_row_scale_kernel, {divide_up(rows, kLineThreads)}, kLineThreads, sums));
    }
  }
  if (losses == nullptr) {
    return RADAPTER_OK;
  }
  const SummaryLossesArguments means = {n,
                                        m,
                                        1 / static_cast<double>(n),
                                        1 / static_cast<double>(m),
                                        reinterpret_cast<const LineSummary*>(row_sums),
                                        reinterpret_cast<const LineSummary*>(column_sums),
                                        losses};
  return launch(context, stream, contrastive_summary_losses_kernel, {1}, kLineThreads, means);
}

}  // namespace radapter::cuda
