// The host side: what a plug-in does wrong is refused as the real driver refuses it.
#include <string.h>

#include "tests/embedded.h"
#include "tests/harness.h"

namespace radapter_simulator_test {
namespace {

void check_device() {
  int value = 0;
  char name[64] = "";
  CUuuid uuid;
  CUDA_CHECK(cuDriverGetVersion_(&value));
  CUDA_CHECK(cuDeviceGetUuid_(&uuid, 0));
  CUDA_CHECK(cuDeviceGetName_(name, sizeof name, 0));
  CUDA_CHECK(cuDeviceGetAttribute_(&value, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0));
  expect("the device is an sm_90", value == 9 && strstr(name, "sm_90") != nullptr, name);
  CUdevice device = 0;
  expect_code("a second device", cuda().cuDeviceGet_(&device, 1), CUDA_ERROR_INVALID_DEVICE);
}

void check_modules() {
  const Module module(ptx("reduce"));
  CUfunction none = nullptr;
  CUmodule broken = nullptr;
  expect_code("a kernel that is not there", cuda().cuModuleGetFunction_(&none, module.handle(), "nope"),
              CUDA_ERROR_NOT_FOUND);
  const std::string head = ".version 8.0\n.target sm_80\n.address_size 64\n";
  expect_code("broken PTX", cuda().cuModuleLoadData_(&broken, (head + ".visible .entry k() { bogus").c_str()),
              CUDA_ERROR_INVALID_PTX);
  expect_code("PTX for a newer chip",
              cuda().cuModuleLoadData_(&broken, ".version 8.8\n.target sm_100a\n.address_size 64\n"),
              CUDA_ERROR_NO_BINARY_FOR_GPU);
  expect_code("an ELF image", cuda().cuModuleLoadData_(&broken, "\177ELF.version"), CUDA_ERROR_NO_BINARY_FOR_GPU);
  expect_code("neither PTX nor a fat binary", cuda().cuModuleLoadData_(&broken, "hello, world"),
              CUDA_ERROR_INVALID_IMAGE);
  expect_code("a compressed fat binary", cuda().cuModuleLoadData_(&broken, embedded_compressed),
              CUDA_ERROR_NO_BINARY_FOR_GPU);
  const std::vector<float> ones(1000, 1);
  const Buffer<float> x(ones), out(1);
  for (const char* image : {embedded_ptx, embedded_fatbin}) {
    const Module embedded(static_cast<const void*>(image));
    const Kernel kernel(embedded, "sum");
    CUDA_CHECK(cuMemsetD32_(out.address(), 0, 1));
    const CUresult code = kernel.launch({1}, {32}, x.address(), 1000, out.address());
    expect(image == embedded_ptx ? "embedded PTX" : "embedded fat binary",
           code == CUDA_SUCCESS && out.get()[0] == 1000);
    int version = 0;
    CUDA_CHECK(cuFuncGetAttribute_(&version, CU_FUNC_ATTRIBUTE_PTX_VERSION, kernel.function()));
    expect("the newest PTX that fits", version == (image == embedded_ptx ? 80 : 90), text("sm_%d", version));
  }
}

void check_launches() {
  const Module module(ptx("reduce")), hopper(ptx("gemm_wgmma"));
  const Kernel sum(module, "sum");
  CUfunction large = nullptr;
  CUDA_CHECK(cuModuleGetFunction_(&large, hopper.handle(), "gemm_wgmma"));
  const Buffer<float> x(std::vector<float>(1000, 1)), out(std::vector<float>{0});
  expect_code("block too large", sum.launch({1}, {2048}, x.address(), 1000, out.address()), CUDA_ERROR_INVALID_VALUE);
  expect_code("empty grid", sum.launch({0}, {32}, x.address(), 1000, out.address()), CUDA_ERROR_INVALID_VALUE);
  CUtensorMap map{};
  CUdeviceptr address = x.address();
  int number = 8;
  void* params[] = {&map, &map, &address, &number, &number, &number};
  const auto launch_large = [&](unsigned threads, unsigned shared) {
    return cuda().cuLaunchKernel_(large, 1, 1, 1, threads, 1, 1, shared, nullptr, params, nullptr);
  };
  expect_code("more than 48 KiB of shared memory unasked", launch_large(160, 50176), CUDA_ERROR_INVALID_VALUE);
  expect_code("launch bounds exceeded", launch_large(256, 1024), CUDA_ERROR_INVALID_VALUE);
  expect_code("more shared memory than the device has",
              cuda().cuFuncSetAttribute_(large, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 240000),
              CUDA_ERROR_INVALID_VALUE);
  struct {
    CUdeviceptr x;
    int n;
    CUdeviceptr out;
  } packed{x.address(), 1000, out.address()};
  size_t bytes = sizeof packed;
  void* extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &packed, CU_LAUNCH_PARAM_BUFFER_SIZE, &bytes, CU_LAUNCH_PARAM_END};
  CUDA_CHECK(cuLaunchKernel_(sum.function(), 2, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra));
  expect("parameters in one buffer", out.get()[0] == 1000);
  bytes = 8;
  expect_code("a parameter buffer that is too short",
              cuda().cuLaunchKernel_(sum.function(), 2, 1, 1, 64, 1, 1, 0, nullptr, nullptr, extra),
              CUDA_ERROR_INVALID_VALUE);
}

void check_memory() {
  size_t free_before = 0, free_after = 0, total = 0;
  CUDA_CHECK(cuMemGetInfo_(&free_before, &total));
  const Buffer<float> x(std::vector<float>(1000, 1));
  CUDA_CHECK(cuMemGetInfo_(&free_after, &total));
  expect("cuMemGetInfo follows allocations", free_before - free_after == 4000);
  std::vector<float> host(2000);
  expect_code("copy past the end of an allocation", cuda().cuMemcpyDtoH_(host.data(), x.address(), 4004),
              CUDA_ERROR_INVALID_VALUE);
  expect_code("free of an inner pointer", cuda().cuMemFree_(x.address(64)), CUDA_ERROR_INVALID_VALUE);
  CUdeviceptr gone = 0;
  CUDA_CHECK(cuMemAlloc_(&gone, 64));
  CUDA_CHECK(cuMemFree_(gone));
  expect_code("double free", cuda().cuMemFree_(gone), CUDA_ERROR_INVALID_VALUE);
  expect_code("copy into freed memory", cuda().cuMemcpyHtoD_(gone, host.data(), 64), CUDA_ERROR_INVALID_VALUE);
  CUcontext context = nullptr;
  CUDA_CHECK(cuCtxPopCurrent_(&context));
  expect_code("no current context", cuda().cuMemAlloc_(&gone, 64), CUDA_ERROR_INVALID_CONTEXT);
  CUDA_CHECK(cuCtxPushCurrent_(context));

  // Rows of 3 floats, 5 apart on the device.
  const Buffer<float> matrix(std::vector<float>(20, -1));
  const std::vector<float> rows = {1, 2, 3, 4, 5, 6};
  CUDA_MEMCPY2D copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_HOST;
  copy.srcHost = rows.data();
  copy.srcPitch = 12;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = matrix.address();
  copy.dstPitch = 20;
  copy.dstXInBytes = 4;
  copy.dstY = 1;
  copy.WidthInBytes = 12;
  copy.Height = 2;
  CUDA_CHECK(cuMemcpy2DAsync_(&copy, nullptr));
  std::vector<float> wanted(20, -1);
  for (size_t k = 0; k < 3; ++k) {
    wanted[6 + k] = rows[k];
    wanted[11 + k] = rows[3 + k];
  }
  expect("a copy of rows", matrix.get() == wanted);

  CUtensorMap map;
  const cuuint64_t dimensions[] = {60, 10}, strides[] = {120};
  const cuuint32_t box[] = {64, 8}, ones[] = {1, 1};
  expect_code("a tensor map whose row stride is no multiple of 16",
              cuda().cuTensorMapEncodeTiled_(&map, CU_TENSOR_MAP_DATA_TYPE_BFLOAT16, 2,
                                             reinterpret_cast<void*>(x.address()), dimensions, strides, box, ones,
                                             CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_128B,
                                             CU_TENSOR_MAP_L2_PROMOTION_NONE, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE),
              CUDA_ERROR_INVALID_VALUE);
}

void check_lookup() {
  void* found = nullptr;
  CUDA_CHECK(cuGetProcAddress_("cuMemAlloc", &found, 12000, 0, nullptr));
  expect("cuGetProcAddress gives cuMemAlloc_v2", found == reinterpret_cast<void*>(cuda().cuMemAlloc_));
  expect_code("a function that is not there", cuda().cuGetProcAddress_("cuNope", &found, 12000, 0, nullptr),
              CUDA_ERROR_NOT_FOUND);
  const char* words = nullptr;
  CUDA_CHECK(cuGetErrorString_(CUDA_ERROR_ILLEGAL_ADDRESS, &words));
  expect("an error's text", std::string(words) == "an illegal memory access was encountered");
}

// PTXSIM_STICKY: as with a GPU, nothing works after a failed launch.
void check_sticky() {
  const Environment sticky("PTXSIM_STICKY", "1");
  const Module module(ptx("reduce"));
  const Kernel sum(module, "sum");
  const Buffer<float> x(std::vector<float>(10, 1)), out(1);
  expect_code("a launch that fails", sum.launch({1}, {32}, x.address(), 1000, out.address()),
              CUDA_ERROR_ILLEGAL_ADDRESS);
  CUdeviceptr address = 0;
  expect_code("an allocation afterwards", cuda().cuMemAlloc_(&address, 64), CUDA_ERROR_ILLEGAL_ADDRESS);
}

void check_driver() {
  check_device();
  check_modules();
  check_launches();
  check_memory();
  check_lookup();
}

const Section driver("driver", check_driver);
const Section sticky("sticky", check_sticky);

}  // namespace
}  // namespace radapter_simulator_test
