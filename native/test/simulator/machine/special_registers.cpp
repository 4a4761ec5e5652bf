#include "machine/machine.h"

namespace radapter_simulator {
namespace {

using Read = uint64_t (*)(const Warp& warp, int lane, int axis);

unsigned thread_index(const Warp& warp, int lane, int axis) {
  const uint32_t* size = warp.cluster->shape.block;
  const auto thread = static_cast<unsigned>(warp.index * kLanes + lane);
  return axis == 0 ? thread % size[0] : axis == 1 ? thread / size[0] % size[1] : thread / size[0] / size[1];
}

const std::unordered_map<std::string, Read>& readers() {
  static const std::unordered_map<std::string, Read> table = {
      {"%tid", [](const Warp& w, int lane, int axis) -> uint64_t { return thread_index(w, lane, axis); }},
      {"%ntid", [](const Warp& w, int, int axis) -> uint64_t { return w.cluster->shape.block[axis]; }},
      {"%ctaid", [](const Warp& w, int, int axis) -> uint64_t { return w.block->id[axis]; }},
      {"%nctaid", [](const Warp& w, int, int axis) -> uint64_t { return w.cluster->shape.grid[axis]; }},
      {"%laneid", [](const Warp&, int lane, int) -> uint64_t { return static_cast<unsigned>(lane); }},
      {"%warpid", [](const Warp& w, int, int) -> uint64_t { return static_cast<unsigned>(w.index); }},
      {"%nwarpid", [](const Warp&, int, int) -> uint64_t { return 64; }},
      {"%smid", [](const Warp& w, int, int) -> uint64_t { return w.block->id[0] % 4; }},
      {"%nsmid", [](const Warp&, int, int) -> uint64_t { return 4; }},
      {"%envreg1", [](const Warp& w, int, int) -> uint64_t { return w.cluster->grid_workspace >> 32; }},
      {"%envreg2", [](const Warp& w, int, int) -> uint64_t { return w.cluster->grid_workspace & 0xffffffff; }},
      {"%gridid", [](const Warp&, int, int) -> uint64_t { return 1; }},
      {"%lanemask_eq", [](const Warp&, int lane, int) -> uint64_t { return 1u << lane; }},
      {"%lanemask_lt", [](const Warp&, int lane, int) -> uint64_t { return (1u << lane) - 1; }},
      {"%lanemask_le", [](const Warp&, int lane, int) -> uint64_t { return (2u << lane) - 1; }},
      {"%lanemask_gt", [](const Warp&, int lane, int) -> uint64_t { return ~((2u << lane) - 1); }},
      {"%lanemask_ge", [](const Warp&, int lane, int) -> uint64_t { return ~((1u << lane) - 1); }},
      {"%dynamic_smem_size", [](const Warp& w, int, int) -> uint64_t { return w.cluster->shape.dynamic_shared; }},
      {"%total_smem_size",
       [](const Warp& w, int, int) -> uint64_t { return w.cluster->shape.dynamic_shared + w.program->shared_static; }},
      {"%clusterid", [](const Warp& w, int, int axis) -> uint64_t { return w.cluster->cluster_id[axis]; }},
      {"%nclusterid",
       [](const Warp& w, int, int axis) -> uint64_t {
         return w.cluster->shape.grid[axis] / w.cluster->shape.cluster[axis];
       }},
      {"%cluster_ctaid",
       [](const Warp& w, int, int axis) -> uint64_t { return w.block->id[axis] % w.cluster->shape.cluster[axis]; }},
      {"%cluster_nctaid", [](const Warp& w, int, int axis) -> uint64_t { return w.cluster->shape.cluster[axis]; }},
      {"%cluster_ctarank", [](const Warp& w, int, int) -> uint64_t { return static_cast<unsigned>(w.block->rank); }},
      {"%cluster_nctarank", [](const Warp& w, int, int) -> uint64_t { return w.cluster->shape.cluster_blocks(); }},
      {"%is_explicit_cluster",
       [](const Warp& w, int, int) -> uint64_t { return w.cluster->shape.cluster_blocks() > 1; }}};
  return table;
}

}  // namespace

uint64_t special_value(const Warp& warp, int lane, const std::string& name) {
  const size_t dot = name.rfind('.');
  const int axis = dot == std::string::npos ? 0 : name.back() - 'x';
  const auto reader = readers().find(name.substr(0, dot));
  if (reader == readers().end() || axis < 0 || axis > 2) {
    throw LaunchError{CUDA_ERROR_NOT_SUPPORTED, "special register " + name + " is not supported"};
  }
  return reader->second(warp, lane, axis);
}

}  // namespace radapter_simulator
