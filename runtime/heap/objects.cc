#include "heap/objects.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "base/sanitizer.h"
#include "platform/fatal.h"

namespace concertina::inline CONCERTINA_PLATFORM {

namespace {

// At most as many in a page as a word has bits.
constexpr std::size_t kObjectMin = std::max<std::size_t>(64, kHeapPageBytes / 64);
constexpr std::size_t kRedZone = 16;

// An object that lies in its span at a multiple of its class's size.
unsigned class_of(std::size_t bytes) {
  const std::size_t size = std::bit_ceil(std::max(bytes + kRedZone, kObjectMin));
  return static_cast<unsigned>(std::countr_zero(size) - std::countr_zero(kObjectMin));
}

constexpr std::size_t size_of_class(unsigned size_class) { return kObjectMin << size_class; }

}  // namespace

struct ObjectSpan {
  Span* span = nullptr;
  unsigned size_class = 0;
  unsigned count = 0;
  std::uint64_t used = 0;  // bit i: object i is in use
  ObjectUse uses[64] = {};
  ObjectSpan* next = nullptr;  // with room for more, or spare

  bool is_full() const { return static_cast<unsigned>(std::popcount(used)) == count; }
};

ObjectSpan& ObjectHeap::make_span(unsigned size_class) {
  ObjectSpan* objects = spare_;
  if (objects != nullptr) {
    spare_ = objects->next;
  } else {
    objects = new (platform::allocate(sizeof(ObjectSpan))) ObjectSpan;
  }
  const std::size_t size = size_of_class(size_class);
  objects->span = &heap_.take_locked(std::max(size, kHeapPageBytes), SpanUse::kObjects);
  objects->span->holder = objects;
  objects->size_class = size_class;
  objects->count = static_cast<unsigned>(objects->span->bytes() / size);
  require(objects->used == 0 && objects->count != 0 && objects->count <= 64, "heap",
          "a span is cut into objects that it has no room for");
  objects->next = with_room_[size_class];
  with_room_[size_class] = objects;
  sanitizer::poison(objects->span->memory, objects->span->bytes());
  return *objects;
}

void* ObjectHeap::make(std::size_t bytes, ObjectUse use) {
  const unsigned size_class = class_of(bytes);
  require(size_class < kClasses, "heap", "an object of a size that none has");
  const std::size_t size = size_of_class(size_class);
  heap_.lock().lock(Site::kHeapLock);
  ObjectSpan* objects = with_room_[size_class];
  if (objects == nullptr) objects = &make_span(size_class);
  const auto index = static_cast<unsigned>(std::countr_one(objects->used));
  require(index < objects->count, "heap", "an object is made beyond its span");
  objects->used |= std::uint64_t{1} << index;
  objects->uses[index] = use;
  if (objects->is_full()) with_room_[size_class] = objects->next;
  std::byte* const object = objects->span->memory + index * size;
  sanitizer::unpoison(object, size);
  if (kCostlyChecks && heap_.poisons()) {
    require(platform::is_filled(object, size, kFreedByte), "heap",
            "an object was written to while it was free, or behind its end");
  }
  sanitizer::poison(object + bytes, size - bytes);
  platform::record(event::ObjectMade{.index = static_cast<std::uint16_t>(index),
                                     .use = use,
                                     .page = objects->span->first,
                                     .bytes = static_cast<std::uint32_t>(bytes)});
  std::memset(object, 0, bytes);
  heap_.lock().unlock(Site::kHeapUnlock);
  return object;
}

void ObjectHeap::free(void* object) {
  heap_.lock().lock(Site::kHeapLock);
  const Span* const span = heap_.find(reinterpret_cast<std::uintptr_t>(object));
  require(span != nullptr && span->use == SpanUse::kObjects, "heap",
          "an object is freed that is none");
  ObjectSpan& objects = *static_cast<ObjectSpan*>(span->holder);
  require(objects.span == span, "heap", "an object is freed that is none");
  const std::size_t size = size_of_class(objects.size_class);
  const auto at = static_cast<std::size_t>(static_cast<std::byte*>(object) - span->memory);
  const auto index = static_cast<unsigned>(at / size);
  const std::uint64_t bit = std::uint64_t{1} << index;
  require(at % size == 0 && (objects.used & bit) != 0, "heap", "an object is freed twice");
  if (objects.is_full()) {
    objects.next = with_room_[objects.size_class];
    with_room_[objects.size_class] = &objects;
  }
  objects.used &= ~bit;
  sanitizer::unpoison(object, size);
  std::memset(object, kFreedByte, size);  // a real write, which a late user races with
  sanitizer::poison(object, size);
  platform::record(event::ObjectFreed{
      .index = static_cast<std::uint16_t>(index), .use = objects.uses[index], .page = span->first});
  heap_.lock().unlock(Site::kHeapUnlock);
}

void ObjectHeap::free_spans() {
  heap_.lock().lock(Site::kHeapLock);
  for (ObjectSpan*& first : with_room_) {
    for (ObjectSpan** link = &first; *link != nullptr;) {
      ObjectSpan* const objects = *link;
      if (objects->used != 0) {
        link = &objects->next;
        continue;
      }
      *link = objects->next;
      heap_.give_back_locked(*objects->span);
      objects->span = nullptr;
      objects->next = spare_;
      spare_ = objects;
    }
  }
  heap_.lock().unlock(Site::kHeapUnlock);
}

}  // namespace concertina::inline CONCERTINA_PLATFORM
