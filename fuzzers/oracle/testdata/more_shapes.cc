// What the other samples of clang 19 and of glibc are reports of: more_shapes NAME.
#include <pthread.h>
#include <unistd.h>
#include <cassert>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#define NOINLINE __attribute__((noinline))
namespace concertina {
inline namespace sim {
volatile int zero = 0;
void* kept;
NOINLINE int sees_uninitialised() {
  int* p = (int*)std::malloc(8);
  kept = p;
  return p[zero] != 3 ? 1 : 2;
}
NOINLINE void eat() {
  for (;;) {
    kept = std::malloc(1 << 20);
    std::memset(kept, 1, 1 << 20);
    usleep(1000);
  }
}
NOINLINE void twice() {
  char* p = (char*)std::malloc(16);
  std::free(p + zero);
  std::free(p + zero);
}
NOINLINE void smash(int n) {
  char a[8];
  std::memset(a + zero, 1, n);
  kept = a;
}
NOINLINE void throws() { throw std::runtime_error("runtime error: no such channel"); }
NOINLINE void asserts(int n) { assert(n > 3 && "room for it"); }
NOINLINE void handler(int) { kept = std::malloc(8); }
NOINLINE void signals() {
  std::signal(SIGUSR1, handler);
  raise(SIGUSR1);
}
struct Waiter {
  virtual ~Waiter() { done_ = 1; }
  virtual void wake() { done_ = 2; }
  int done_ = 0;
};
NOINLINE void frees(Waiter* w) { delete w; }
NOINLINE void uses(Waiter* w) { w->done_ = 3; }
NOINLINE void dangling() {
  Waiter* w = new Waiter;
  std::thread t([w] { frees(w); });
  t.join();
  uses(w);
}
NOINLINE void unlocks() {
  static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_unlock(&m);
}
NOINLINE void nested(int n) {
  volatile char f[4096];
  f[zero] = 1;
  nested(n + f[zero]);
  kept = (void*)f;
}
}  // namespace sim
}  // namespace concertina
using namespace concertina;
int run(const char* s) {
  auto is = [s](const char* n) { return !std::strcmp(s, n); };
  if (is("msan")) return sees_uninitialised();
  if (is("rss")) eat();
  if (is("twice")) twice();
  if (is("smash")) smash(64);
  if (is("throws")) throws();
  if (is("asserts")) asserts(1);
  if (is("signals")) signals();
  if (is("dangling")) dangling();
  if (is("unlocks")) unlocks();
  return 0;
}
#ifdef FUZZER
extern "C" int LLVMFuzzerTestOneInput(const unsigned char*, size_t) {
  const char* s = getenv("SHAPE");
  if (!strcmp(s, "hang"))
    for (;;) zero = zero + 1;
  return run(s);
}
#else
int main(int, char** v) { return run(v[1]); }
#endif
