// Objects cut from spans: sizes, reuse, when their spans leave, and what is seen of misuse.
#include "heap/objects.h"

#include <algorithm>
#include <vector>

#include "heap/testing.h"

namespace concertina::test {
namespace {

constexpr auto kSudog = ObjectUse::kSudog;
constexpr auto kBuffer = ObjectUse::kBuffer;

std::uintptr_t at(const void* object) { return reinterpret_cast<std::uintptr_t>(object); }

bool is_zero(const void* object, std::size_t bytes) {
  const auto* const begin = static_cast<const unsigned char*>(object);
  return std::all_of(begin, begin + bytes, [](unsigned char byte) { return byte == 0; });
}

TEST(Make, GivesZeroedMemoryOfEverySizeWithAZoneBehindIt) {
  expect_ending("", [] {
    auto& objects = make<ObjectHeap>(make_heap());
    for (const std::size_t bytes : {1u, 8u, 40u, 64u, 72u, 1000u, 1024u, 5000u, 70000u}) {
      for (int i = 0; i < 3; ++i) {
        auto* const object = static_cast<unsigned char*>(objects.make(bytes, kBuffer));
        EXPECT_EQ(at(object) % 16, 0u);
        EXPECT_TRUE(is_zero(object, bytes)) << bytes;
        EXPECT_FALSE(sanitizer::is_poisoned(object + bytes - 1));
        EXPECT_EQ(sanitizer::is_poisoned(object + bytes + 8), sanitizer::kSeesPoison) << bytes;
        std::fill(object, object + bytes, 0xaa);
      }
    }
  });
}

TEST(Make, UsesAFreedPlaceAgain) {
  expect_ending("", [] {
    auto& objects = make<ObjectHeap>(make_heap());
    void* const one = objects.make(72, kSudog);
    void* const two = objects.make(72, kSudog);
    EXPECT_NE(one, two);
    objects.free(one);
    EXPECT_EQ(sanitizer::is_poisoned(one), sanitizer::kSeesPoison);
    EXPECT_EQ(objects.make(72, kBuffer), one);
    EXPECT_TRUE(is_zero(one, 72));
  });
}

TEST(Make, FillsASpanBeforeTheNext) {
  const RunResult run = run_body([] {
    auto& objects = make<ObjectHeap>(make_heap());
    void* all[130];
    for (void*& object : all) object = objects.make(100, kSudog);
    std::sort(std::begin(all), std::end(all));
    for (unsigned i = 1; i < 130; ++i) EXPECT_GE(at(all[i]) - at(all[i - 1]), 116u);
    for (void* object : all) objects.free(object);
  });
  EXPECT_EQ(run.report.message, "");
  const std::size_t per_page = kHeapPageBytes / 128;
  EXPECT_EQ(run.of<event::SpanTaken>().size(), (130 + per_page - 1) / per_page);
  EXPECT_TRUE(run.of<event::SpanFreed>().empty());
  EXPECT_EQ(run.of<event::ObjectMade>().size(), 130u);
  EXPECT_EQ(run.of<event::ObjectFreed>().size(), 130u);
}

TEST(FreeSpans, LeavesThoseInUse) {
  expect_ending("", [] {
    SpanHeap& heap = make_heap();
    auto& objects = make<ObjectHeap>(heap);
    void* const kept = objects.make(72, kSudog);
    void* const large = objects.make(2 * kHeapPageBytes, kBuffer);
    void* const dropped = objects.make(72, kSudog);
    objects.free(dropped);
    objects.free(large);
    objects.free_spans();
    heap.lock().lock(Site::kTest);
    EXPECT_NE(heap.find(at(kept)), nullptr);
    EXPECT_EQ(heap.find(at(large)), nullptr) << "other memory by now";
    heap.lock().unlock(Site::kTest);
    objects.free(kept);
    objects.free_spans();
    EXPECT_EQ(at(heap.take(1, SpanUse::kStacks).memory), at(kept)) << "a page's first object";
    EXPECT_NE(objects.make(72, kSudog), kept);
  });
}

TEST(Misuse, IsFatal) {
  expect_ending("heap: an object is freed twice", [] {
    auto& objects = make<ObjectHeap>(make_heap());
    void* const object = objects.make(72, kSudog);
    objects.make(72, kSudog);
    objects.free(object);
    objects.free(object);
  });
  expect_ending("heap: an object is freed that is none", [] {
    SpanHeap& heap = make_heap();
    make<ObjectHeap>(heap).free(heap.take(1, SpanUse::kStacks).memory);
  });
  const char* const late = "heap: an object was written to while it was free, or behind its end";
  expect_ending(kCostlyChecks ? late : "", [] {
    auto& objects = make<ObjectHeap>(make_heap());
    auto* const object = static_cast<unsigned char*>(objects.make(72, kSudog));
    objects.free(object);
    write_late(object + 60);
    objects.make(72, kSudog);
  });
}

}  // namespace
}  // namespace concertina::test
