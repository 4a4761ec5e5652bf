// The table of functions a backend fills: one for each function of radapter.h that works on a context, with the same
// parameters. The functions of the ABI (dispatch.cpp) check what they are given and call through it, so a backend gets
// only arguments that are right as far as the host can see.
#ifndef RADAPTER_CORE_OPERATORS_H
#define RADAPTER_CORE_OPERATORS_H

#include <stdint.h>

#include "radapter.h"

/** Calls X(NAME) for every radapter_NAME that a backend implements. */
#define RADAPTER_FOR_EACH_OPERATOR(X)    \
  X(context_destroy)                     \
  X(context_threads)                     \
  X(context_isa)                         \
  X(context_device)                      \
  X(allocate)                            \
  X(free)                                \
  X(allocate_host)                       \
  X(free_host)                           \
  X(memory_info)                         \
  X(copy_to_device)                      \
  X(copy_to_host)                        \
  X(copy_on_device)                      \
  X(stream_create)                       \
  X(stream_destroy)                      \
  X(stream_synchronize)                  \
  X(event_create)                        \
  X(event_destroy)                       \
  X(event_record)                        \
  X(event_synchronize)                   \
  X(stream_wait)                         \
  X(event_elapsed)                       \
  X(graph_begin)                         \
  X(graph_end)                           \
  X(graph_launch)                        \
  X(graph_destroy)                       \
  X(use_cublas)                          \
  X(gemm)                                \
  X(pack)                                \
  X(packed_destroy)                      \
  X(gemm_packed)                         \
  X(convert)                             \
  X(add)                                 \
  X(fill)                                \
  X(activation_forward)                  \
  X(activation_backward)                 \
  X(column_sum_workspace)                \
  X(column_sum)                          \
  X(layer_norm_forward)                  \
  X(layer_norm_backward_workspace)       \
  X(layer_norm_backward)                 \
  X(normalize_forward)                   \
  X(normalize_backward)                  \
  X(attention_forward_workspace)         \
  X(attention_forward)                   \
  X(attention_backward_workspace)        \
  X(attention_backward)                  \
  X(patches)                             \
  X(image_tokens_forward)                \
  X(image_tokens_backward)               \
  X(text_tokens_forward)                 \
  X(text_tokens_backward)                \
  X(gather_rows)                         \
  X(scatter_rows)                        \
  X(adapter_forward)                     \
  X(adapter_backward_workspace)          \
  X(adapter_backward)                    \
  X(low_rank_adapter_forward)            \
  X(low_rank_adapter_backward_workspace) \
  X(low_rank_adapter_backward)           \
  X(merge_workspace)                     \
  X(merge)                               \
  X(contrastive_workspace)               \
  X(contrastive_full_workspace)          \
  X(contrastive)                         \
  X(contrastive_rows_workspace)          \
  X(contrastive_row_sums)                \
  X(contrastive_row_gradients)           \
  X(cross_entropy_workspace)             \
  X(cross_entropy)                       \
  X(adamw_ema_workspace)                 \
  X(adamw_ema)                           \
  X(ema_update)

namespace radapter {

struct Table {
  /** Whether work is put into streams; if not, streams are NULL. */
  bool has_streams;
#define RADAPTER_MEMBER(name) decltype(::radapter_##name)* name;
  RADAPTER_FOR_EACH_OPERATOR(RADAPTER_MEMBER)
#undef RADAPTER_MEMBER
};

/** How every radapter_context begins, whatever backend it belongs to. */
struct ContextHead {
  const Table* table;
};

/** How every radapter_packed begins. */
struct PackedHead {
  int64_t n;
  int64_t k;
};

}  // namespace radapter

#define RADAPTER_DECLARE_OPERATOR(name) decltype(::radapter_##name) name;
/** Declares a backend's operators in the namespace around it. */
#define RADAPTER_DECLARE_OPERATORS RADAPTER_FOR_EACH_OPERATOR(RADAPTER_DECLARE_OPERATOR)

#endif
