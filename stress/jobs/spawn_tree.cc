// spawn_tree: trees of goroutines, one after the other without end. Inner ones spawn two children
// and exit; leaves send their number on one channel. Goroutines are used again (Goroutine::user
// says everything that a child needs), so spawning meets exiting meets the scanner.
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

// A member knows its place by number: the root is 1, the children of n are 2n and 2n+1.
class SpawnTree final : public Job {
 public:
  SpawnTree() : Job("spawn_tree", kMain) {}

  void prepare(const Batch& batch, Knobs& knobs) override {
    Draws draws(batch.seed);
    leaves_ = batch.is_small ? 8 : 2048;
    rounds_ = batch.is_small ? 1 : batch.scale * 4;
    capacity_ = draws.below(3) * 4;
    element_bytes_ = draws.below(2) != 0 ? 64 : 8;
    enlist(2 * leaves_);
    arrived_.reset(std::size_t{leaves_} * rounds_);
    // A tree's inner nodes may still be about to exit when the next tree begins.
    knobs.goroutines_max = batch.is_small ? kModelGoroutines : 4 * leaves_;
    knobs.channels_max = 1;
  }
  void make(Runtime& runtime) override {
    results_ = make_channel(runtime, element_bytes_, capacity_);
  }

 private:
  struct Locals {
    unsigned char element[64];
    std::uint32_t left;   // values that main still expects
    std::uint32_t round;  // trees so far
  };
  static const Function kNode, kMain;

  bool is_leaf(std::uint32_t number) const { return number >= leaves_; }

  Action node_step(const Task<Locals>& t, std::uint32_t self) {
    switch (t.state()) {
      case 0:
        if (is_leaf(self)) {
          t.send(results_, t->element, self);
          return t.next(2);
        }
        [[fallthrough]];
      case 1:
        t.start(kNode, members_[2 * self + t.state()]);
        return t.state() == 0 ? t.next(1) : t.finish();
      default:
        t.sent(results_);
        return t.finish();
    }
  }

  Action main_step(const Task<Locals>& t, std::uint32_t) {
    switch (t.state()) {
      case 0:
        if (t->round == rounds_) return t.finish();
        t->left = leaves_;
        t.start(kNode, members_[1]);
        return t.next(1);
      case 1:
        t.receive(results_, t->element);
        return t.next(2);
      default: {
        const Token leaf = t.received(results_, t->element).token;
        require(
            is_leaf(leaf) && leaf < size() && arrived_.add(t->round * leaves_ + leaf - leaves_ + 1),
            "spawn tree", "a value that no leaf sends");
        if (--t->left != 0) return t.next(1, Action::kBackEdge);
        ++t->round;
        return t.next(0, Action::kBackEdge);
      }
    }
  }

  std::uint32_t leaves_ = 0, rounds_ = 0, capacity_ = 0, element_bytes_ = 0;
  Channel* results_ = nullptr;
};

constexpr Function SpawnTree::kNode = job_function<&SpawnTree::node_step>("tree node", 10);
constexpr Function SpawnTree::kMain = job_function<&SpawnTree::main_step>("tree main", 11);

}  // namespace

std::unique_ptr<Job> make_spawn_tree() { return std::make_unique<SpawnTree>(); }

}  // namespace concertina::stress
