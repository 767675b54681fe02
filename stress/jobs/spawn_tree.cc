// spawn_tree: trees of goroutines, one after the other without end. Inner ones spawn two children
// and exit; leaves send their number on one channel. Goroutines are used again (Goroutine::user
// says everything that a child needs), so spawning meets exiting meets the scanner.
#include "stress/jobs/job.h"
#include "stress/jobs/task.h"

namespace concertina::stress {
namespace {

class SpawnTree;

// A child knows its place by number: the root is 1, the children of n are 2n and 2n+1.
struct Node {
  SpawnTree* tree;
  std::uint32_t number;
};

struct Locals {
  unsigned char element[64];
  std::uint32_t left;   // values that main still expects
  std::uint32_t round;  // trees so far
};

Action node_step(Machine& m, Goroutine& g);
Action main_step(Machine& m, Goroutine& g);
constexpr Function kNode = task_function<Locals>("tree node", 10, &node_step);
constexpr Function kMain = task_function<Locals>("tree main", 11, &main_step);

class SpawnTree final : public Job {
 public:
  std::string_view name() const override { return "spawn_tree"; }
  void prepare(const Batch& batch, Knobs& knobs) override {
    Draws draws(batch.seed);
    leaves_ = batch.is_small ? 8 : 2048;
    rounds_ = batch.is_small ? 1 : batch.scale * 4;
    capacity_ = draws.below(3) * 4;
    element_bytes_ = draws.below(2) != 0 ? 64 : 8;
    nodes_.resize(2 * leaves_);
    for (std::uint32_t i = 0; i < nodes_.size(); ++i) nodes_[i] = {this, i};
    arrived_.reset(std::size_t{leaves_} * rounds_);
    // A tree's inner nodes may still be about to exit when the next tree begins.
    knobs.goroutines_max = batch.is_small ? kModelGoroutines : 4 * leaves_;
    knobs.channels_max = 1;
  }
  void make(Runtime& runtime) override {
    results_ = make_channel(runtime, element_bytes_, capacity_);
  }
  const Function& main() const override { return kMain; }
  std::string check() override { return arrived_.check(); }

  std::uint32_t leaves() const { return leaves_; }
  std::uint32_t rounds() const { return rounds_; }
  Channel* results() const { return results_; }
  bool is_leaf(std::uint32_t number) const { return number >= leaves_; }
  Node& node(std::uint32_t number) { return nodes_[number]; }
  bool arrive(std::uint32_t round, std::uint32_t number) {
    return is_leaf(number) && number < 2 * leaves_ &&
           arrived_.add(round * leaves_ + (number - leaves_) + 1);
  }

 private:
  std::uint32_t leaves_ = 0, rounds_ = 0, capacity_ = 0, element_bytes_ = 0;
  std::vector<Node> nodes_;
  Channel* results_ = nullptr;
  Tally arrived_;
};

Action node_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  const Node& self = record_of<Node>(g);
  SpawnTree& tree = *self.tree;
  switch (t.state()) {
    case 0:
      if (tree.is_leaf(self.number)) {
        t.send(tree.results(), t->element, self.number);
        return t.next(2);
      }
      [[fallthrough]];
    case 1: {
      Node& child = tree.node(2 * self.number + t.state());
      require(spawn(m, g, kNode, &child) != nullptr, "spawn tree", "a spawn was refused");
      return t.state() == 0 ? t.next(1) : t.finish();
    }
    default:
      t.sent(tree.results());
      return t.finish();
  }
}

Action main_step(Machine& m, Goroutine& g) {
  Task<Locals> t(m, g);
  SpawnTree& tree = *static_cast<SpawnTree*>(static_cast<Job*>(g.user));
  switch (t.state()) {
    case 0:
      if (t->round == tree.rounds()) return t.finish();
      t->left = tree.leaves();
      require(spawn(m, g, kNode, &tree.node(1)) != nullptr, "spawn tree", "a spawn was refused");
      return t.next(1);
    case 1:
      t.receive(tree.results(), t->element);
      return t.next(2);
    default: {
      const Received got = t.received(tree.results(), t->element);
      require(tree.arrive(t->round, got.token), "spawn tree", "a value that no leaf sends");
      if (--t->left != 0) return t.next(1, Action::kBackEdge);
      ++t->round;
      return t.next(0, Action::kBackEdge);
    }
  }
}

}  // namespace

std::unique_ptr<Job> make_spawn_tree() { return std::make_unique<SpawnTree>(); }

}  // namespace concertina::stress
