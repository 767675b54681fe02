// The platform contract: what the runtime may ask of the outer world, as a concept.
//
// A platform is a folder runtime/platform/NAME with a header selected/platform.h that defines
// CONCERTINA_PLATFORM as NAME and everything below in concertina::inline NAME::platform; CMake puts
// one such folder on the include path. The inline namespace makes mixing two of them a link error.
// Every source of nondeterminism passes here: locks, shared variables, sleeping and waking,
// starting threads, time, random draws, whose stack is disturbed where, and what the scanner does
// when.
//
//   Mutex           mutual exclusion: lock and unlock order everything before an unlock before the
//                   next lock; taking a lock that one holds is fatal, as a leaf, too
//   Atomic<T>       a shared variable. Operations with a site are sequentially consistent, except
//                     publish        a store that orders what came before it and nothing after
//                     update_mine    a compare_exchange by the only thread that may change the
//                                    variable while it has the expected value
//                     exchange_mine  an exchange by the only thread that ever changes it
//                   which both order as much as publish does.
//                   Without a site an access is no step, so no schedule shows what is wrong with
//                   it. Each says why it needs none, and the simulator checks that at every use;
//                   loads order nothing, stores are releases:
//                     load_locked, store_locked   the lock (or what has is_held_by_me) is held
//                     load_mine, store_mine       the caller is the owner, and only the owner
//                                                 writes; without owner: the caller wrote it last
//                     store_unpublished           no other thread has accessed it
//                     load_at_rest                all other threads sleep, or wait for this lock
//                     poll                        a hint: looked at again, or confirmed by an
//                                                 update, before anything rests on it; no check
//                     inspect                     for assertions and announcements; nobody is told
//                     plant                       for tests alone
//   Ownership       who may write what has one owner at a time: taken and given, never shared
//   OwnedAtomic     an Atomic whose value says who may change it, and that others may freeze:
//                     update_unless_frozen  a compare_exchange by that owner
//                     freeze, thaw          a compare_exchange by others, each between a
//                                           begin_freezing and an end_freezing of its own
//                   Who has frozen it holds a pseudo-lock of the rank and order that it was made
//                   with, or with ..._as of another rank; to the owner each update counts as taking
//                   it and giving it back
//   Counter         a statistic: exact once all threads have stopped
//   Sequence        1, 2, 3, ...: names, and shares of what a run may announce
//   Cell<T>         plain memory; the caller guarantees exclusion
//   Note            one sleeper, one wake-up; wake happens before sleep's return
//   spin_until      waits in place for another thread's write
//   hesitate        lets a moment pass in which others may be faster
//   copy, clear     memory that other goroutines look at
//   fill, is_filled debugging aids that race detection does not see
//   allocate        zeroed memory, never freed before the runtime ends
//   start_thread, stop, record, step, choose, now_ns, sleep_ns, set_goroutine
//   prologue, is_interrupted, post_scan_request, has_scan_request, await_scan_request
//                   disturbance on request
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/event.h"
#include "base/lock_rank.h"
#include "base/outcome.h"
#include "base/site.h"

namespace concertina::inline CONCERTINA_PLATFORM::platform {

template <class M>
concept MutexContract = std::constructible_from<M, LockRank, std::uint32_t> &&
                        requires(M mutex, const M& constant, LockRank rank, Site site) {
                          { mutex.lock(site) } -> std::same_as<void>;
                          { mutex.lock_as(rank, site) } -> std::same_as<void>;
                          { mutex.unlock(site) } -> std::same_as<void>;
                          { constant.is_held_by_me() } -> std::same_as<bool>;
                        };

template <class A, class T, class Guard>
concept ClaimsContract = requires(A variable, const A& constant, T value, const Guard& guard) {
  { constant.load_locked(guard) } -> std::same_as<T>;
  { variable.store_locked(value, guard) } -> std::same_as<void>;
  { constant.inspect() } -> std::same_as<T>;
  { variable.plant(value) } -> std::same_as<void>;
};

template <class A, class T>
concept AtomicContract = std::constructible_from<A, T> && ClaimsContract<A, T, Mutex> &&
                         requires(A atomic, const A& constant, T value, T& expected, Site site,
                                  const Mutex& lock, const Ownership& owner) {
                           { constant.load(site) } -> std::same_as<T>;
                           { atomic.store(value, site) } -> std::same_as<void>;
                           { atomic.compare_exchange(expected, value, site) } -> std::same_as<bool>;
                           { atomic.exchange(value, site) } -> std::same_as<T>;
                           { atomic.publish(value, site) } -> std::same_as<void>;
                           { atomic.exchange_mine(value, site) } -> std::same_as<T>;
                           { atomic.update_mine(expected, value, site) } -> std::same_as<bool>;
                           { constant.load_mine(owner) } -> std::same_as<T>;
                           { atomic.store_mine(value, owner) } -> std::same_as<void>;
                           { constant.load_mine() } -> std::same_as<T>;
                           { atomic.store_unpublished(value) } -> std::same_as<void>;
                           { constant.load_at_rest(lock) } -> std::same_as<T>;
                           { constant.poll() } -> std::same_as<T>;
                         };

template <class C, class T>
concept CellContract = std::constructible_from<C, T> && ClaimsContract<C, T, Mutex> &&
                       requires(C cell, const C& constant, T value, Site site) {
                         { constant.load(site) } -> std::same_as<T>;
                         { cell.store(value, site) } -> std::same_as<void>;
                       };

template <class N>
concept NoteContract = std::default_initializable<N> && requires(N note, Site site) {
  { note.clear() } -> std::same_as<void>;
  { note.sleep(site) } -> std::same_as<void>;
  { note.wake(site) } -> std::same_as<bool>;
};

static_assert(requires(Atomic<std::uint32_t> counter) {
  { counter.fetch_add(1, Site{}) } -> std::same_as<std::uint32_t>;
});
static_assert(AtomicContract<OwnedAtomic<std::uint32_t>, std::uint32_t>);
static_assert(requires(OwnedAtomic<std::uint32_t> atomic, std::uint32_t& expected) {
  { atomic.update_unless_frozen(expected, 1, Site{}) } -> std::same_as<bool>;
  { atomic.freeze(expected, 1, Site{}) } -> std::same_as<bool>;
  { atomic.thaw(expected, 1, Site{}) } -> std::same_as<bool>;
  { atomic.update_unless_frozen_as(LockRank{}, expected, 1, Site{}) } -> std::same_as<bool>;
  { atomic.freeze_as(LockRank{}, expected, 1, Site{}) } -> std::same_as<bool>;
  { atomic.thaw_as(LockRank{}, expected, 1, Site{}) } -> std::same_as<bool>;
  begin_freezing();
  end_freezing();
});
static_assert(std::default_initializable<Counter> &&
              requires(Counter counter, const Counter& seen) {
                counter.add(1);
                { seen.total() } -> std::same_as<std::uint32_t>;
              });
static_assert(requires(Sequence sequence, const Sequence& seen, Ownership owner) {
  { sequence.next() } -> std::same_as<std::uint32_t>;
  { seen.latest() } -> std::same_as<std::uint32_t>;
  owner.take();
  owner.give();
  { owner.is_held_by_me() } -> std::same_as<bool>;
});
static_assert(MutexContract<Mutex>);
static_assert(AtomicContract<Atomic<std::uint32_t>, std::uint32_t>);
static_assert(AtomicContract<Atomic<void*>, void*>);
static_assert(CellContract<Cell<bool>, bool>);
static_assert(NoteContract<Note>);
static_assert(requires(void* to, const void* from, std::size_t bytes, Site site, Event event,
                       void (*entry)(void*), std::uint32_t n, Atomic<std::uint32_t> atomic,
                       bool (*condition)(std::uint32_t), ScanRequest request) {
  { copy(to, from, bytes, site) } -> std::same_as<void>;
  { clear(to, bytes, site) } -> std::same_as<void>;
  { fill(to, bytes, 'x') } -> std::same_as<void>;
  { is_filled(from, bytes, 'x') } -> std::same_as<bool>;
  { allocate(bytes) } -> std::same_as<void*>;
  { start_thread(entry, to, site) } -> std::same_as<void>;
  { stop(Outcome::kFatal, std::string_view{}) } -> std::same_as<void>;
  { record(event) } -> std::same_as<void>;
  { choose(n, site) } -> std::same_as<std::uint32_t>;
  { step() } -> std::same_as<std::uint32_t>;
  { now_ns() } -> std::same_as<std::uint64_t>;
  hesitate();
  { sleep_ns(std::uint64_t{}, site) } -> std::same_as<void>;
  { set_goroutine(GoroutineId{}, SpawnPath{}) } -> std::same_as<void>;
  { spin_until(atomic, condition, site) } -> std::same_as<std::uint32_t>;
  { prologue(site) } -> std::same_as<StackAction>;
  { is_interrupted(site) } -> std::same_as<bool>;
  { post_scan_request(request) } -> std::same_as<void>;
  { has_scan_request() } -> std::same_as<bool>;
  { await_scan_request(site) } -> std::same_as<ScanRequest>;
});

}  // namespace concertina::inline CONCERTINA_PLATFORM::platform
