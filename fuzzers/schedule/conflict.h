// When two pending operations conflict: their order may matter. Everything that re-draws, holds or
// counts by races asks here.
//
// Operations on object 0 (pauses, thread starts) conflict with nothing.
#pragma once

#include "platform/sim/chooser.h"

namespace concertina::fuzzers {

inline bool conflicts(const Pending& a, const Pending& b) {
  return a.object == b.object && a.object != 0 && (a.is_write || b.is_write);
}

/// Enabled, but without progress until another thread does something.
inline bool only_waits(const Pending& operation) {
  return operation.is_spinning || operation.kind == OperationKind::kPause;
}

/// Does the operation see what an earlier one left: a value, a lock's release, a wake-up?
constexpr bool is_reader(OperationKind kind) {
  switch (kind) {
    case OperationKind::kLoad:
    case OperationKind::kUpdate:
    case OperationKind::kLock:
    case OperationKind::kSleep:
    case OperationKind::kSpin:
    case OperationKind::kCopy:
    case OperationKind::kScanRequest:
      return true;
    case OperationKind::kStart:
    case OperationKind::kStore:
    case OperationKind::kUnlock:
    case OperationKind::kWake:
    case OperationKind::kPause:
      break;
  }
  return false;
}

/// Does it leave something for later ones? A lock is read from by those who take it, and written by
/// those who release it.
constexpr bool is_writer(OperationKind kind) {
  switch (kind) {
    case OperationKind::kStore:
    case OperationKind::kUpdate:
    case OperationKind::kUnlock:
    case OperationKind::kWake:
    case OperationKind::kCopy:
      return true;
    case OperationKind::kStart:
    case OperationKind::kLoad:
    case OperationKind::kLock:
    case OperationKind::kSleep:
    case OperationKind::kSpin:
    case OperationKind::kPause:
    case OperationKind::kScanRequest:
      break;
  }
  return false;
}

}  // namespace concertina::fuzzers
