// What the samples in this folder are reports of: shapes NAME.
#include <pthread.h>
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#define NOINLINE __attribute__((noinline))

namespace concertina {
inline namespace sim {

volatile int zero = 0;
int* kept = nullptr;

template <class T>
struct Slot {
  T* at_;
  NOINLINE T& operator[](std::size_t i) const { return at_[i + zero] = T(1), at_[i]; }
  NOINLINE explicit operator bool() const { return at_[zero] != 0; }
};

struct Frame {
  int* at_;
  NOINLINE int at(unsigned i) const& { return at_[i + zero]; }
  NOINLINE int walk(int n) const {
    const auto step = [this](int i) __attribute__((noinline)) { return at_[i + zero]; };
    return step(n) + 1;
  }
  NOINLINE int take(unsigned i) && noexcept { return at_[i + zero] + 1; }
};

NOINLINE int* freed() {
  kept = new int[4];
  delete[] kept;
  return kept;
}

template <class T>
NOINLINE auto visit(const Frame& frame, T n) -> T {
  return frame.at(static_cast<unsigned>(n)) + static_cast<T>(zero);
}

NOINLINE std::string name(int* p) {
  return std::string(static_cast<std::size_t>(p[zero] & 3), 'x');
}

namespace {
NOINLINE void release_sudog(int* p) { delete[] (p + zero); }
NOINLINE void release_all(int* p) { release_sudog(p), release_sudog(p); }
inline __attribute__((always_inline)) int peek(int* p) { return p[zero]; }
inline __attribute__((always_inline)) int peek_twice(int* p) { return peek(p) + zero; }
NOINLINE int adjust(int* p) { return peek_twice(p) + 1; }

using Callback = int (*)(int);
NOINLINE int three(int i) { return i + kept[zero]; }
template <class T>
NOINLINE int (*choose(T n))(int) {
  return kept[n + zero] != 5 ? &three : nullptr;
}
NOINLINE int call(Callback back, std::function<int(int)> other) { return back(1) + other(2); }
}  // namespace

template <class T>
NOINLINE T next(T value) {
  return value + static_cast<T>(1 + zero);
}

int shared = 0;
struct Channel {
  template <class T>
  NOINLINE void send(T value) const {
    shared += static_cast<int>(value);
  }
};
NOINLINE void race() {
  Channel channel;
  std::thread other([&channel] { channel.send(1L); });
  const auto here = [&](int n) __attribute__((noinline)) { channel.send(n); };
  here(2);
  other.join();
}

static NOINLINE int copy_part(int* p,
                              int n) {  // gcc makes .isra, .constprop, .part and .cold of it
  if (n > 3 && p[0] == 77) {
    std::fprintf(stderr, "%d\n", p[1]);
    std::abort();
  }
  return p[zero] + n;
}
NOINLINE int copy_stack(int* p) { return copy_part(p, 4) + copy_part(p + 1, 4); }

NOINLINE int deep(int n) {
  volatile char frame[512];
  frame[n % 512] = 1;
  return deep(n + 1) + frame[0];
}

NOINLINE void lock_both(pthread_mutex_t* a, pthread_mutex_t* b) {
  pthread_mutex_lock(a);
  pthread_mutex_lock(b);
  pthread_mutex_unlock(b);
  pthread_mutex_unlock(a);
}

NOINLINE void leak() { kept = new int[2 + zero], kept[zero] = 1, kept = nullptr; }
NOINLINE void* idle(void*) { return nullptr; }
NOINLINE void leak_thread() {
  pthread_t thread;
  pthread_create(&thread, nullptr, &idle, nullptr);
  sleep(1);
}

NOINLINE int sees_uninitialised() {
  int* p = static_cast<int*>(std::malloc(8));
  return p[zero] != 3 ? 1 : 2;
}

int run(const char* shape) {
  const auto is = [shape](const char* name) { return std::strcmp(shape, name) == 0; };
  if (is("const-ref")) return visit<int>(Frame{freed()}, 1);
  if (is("lambda")) return Frame{freed()}.walk(1);
  if (is("rvalue")) return Frame{freed()}.take(1);
  if (is("index")) return Slot<long>{reinterpret_cast<long*>(freed())}[0];
  if (is("bool"))
    return static_cast<bool>(
        Slot<std::vector<int>*>{reinterpret_cast<std::vector<int>**>(freed())});
  if (is("double-free")) release_all(new int[4]);
  if (is("inlined")) return adjust(freed());
  if (is("abi")) return static_cast<int>(name(freed()).size());
  if (is("pointers")) return freed(), choose<int>(0)(2) + call(&three, [](int i) { return i; });
  if (is("clone")) return copy_stack(freed());
  if (is("overflow")) return next<int>(0x7fffffff);
  if (is("race")) race();
  if (is("segv")) return peek_twice(reinterpret_cast<int*>(8 + zero));
  if (is("deep")) return deep(0);
  if (is("size"))
    return kept = static_cast<int*>(
               std::malloc(~std::size_t{0} - 4096 * static_cast<std::size_t>(1 + zero))),
           0;
  if (is("leak")) leak();
  if (is("uninitialised")) return sees_uninitialised();
  if (is("order")) {
    pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER, b = PTHREAD_MUTEX_INITIALIZER;
    lock_both(&a, &b);
    lock_both(&b, &a);
  }
  if (is("thread-leak")) leak_thread();
  return 0;
}

}  // namespace sim
}  // namespace concertina

int main(int, char** arguments) { return concertina::run(arguments[1]) & 1; }
