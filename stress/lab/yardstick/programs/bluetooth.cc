// bluetooth (SCTBench: CS.bluetooth_driver): a driver is stopped while a request comes in. The
// request looks whether the driver is stopping, then counts itself as pending. In between, the stop
// can find nothing pending and be done with it; the request then works on a stopped driver.
//
// Fixed: a request counts itself first and looks then.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class Bluetooth : public Crew<Bluetooth> {
 public:
  void main() {
    start<&Bluetooth::request>();
    start<&Bluetooth::stop>();
  }

 private:
  void request() {
    if (is_fixed()) {
      pending_.fetch_add(1, HERE);
      if (stopping_.load(HERE)) return release();
    } else {
      if (stopping_.load(HERE)) return;
      pending_.fetch_add(1, HERE);
    }
    expect(!stopped_.load(HERE), "bluetooth: a request on a stopped driver");
    release();
  }
  void stop() {
    stopping_.store(true, HERE);
    release();
    platform::spin_until(nothing_pending_, [](bool is_set) { return is_set; }, HERE);
    stopped_.store(true, HERE);
  }
  void release() {
    if (pending_.fetch_add(-1, HERE) == 1) nothing_pending_.store(true, HERE);
  }

  Shared<bool> stopping_{false}, nothing_pending_{false}, stopped_{false};
  Shared<int> pending_{1};  // 1 for the driver itself
};

}  // namespace

const Program kBluetooth{"bluetooth", 2, Outcome::kFatal, &Bluetooth::run};

}  // namespace concertina::yardstick
