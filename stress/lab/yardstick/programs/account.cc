// account (SCTBench: CS.account): one thread deposits, one withdraws, one checks the balance once
// both have been there, all under one lock. The checker's formula is wrong, which shows only when
// it comes last.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class Account : public Crew<Account> {
 public:
  void main() {
    start<&Account::deposit>();
    start<&Account::withdraw>();
    start<&Account::check>();
  }

 private:
  static constexpr int kBefore = 1, kDeposit = 2, kWithdrawal = 4;

  void deposit() {
    lock_.lock(HERE);
    balance_.store(balance_.load(HERE) + kDeposit, HERE);
    deposited_.store(true, HERE);
    lock_.unlock(HERE);
  }
  void withdraw() {
    lock_.lock(HERE);
    balance_.store(balance_.load(HERE) - kWithdrawal, HERE);
    withdrawn_.store(true, HERE);
    lock_.unlock(HERE);
  }
  void check() {
    const int after =
        is_fixed() ? kBefore + kDeposit - kWithdrawal : kBefore - kDeposit - kWithdrawal;
    lock_.lock(HERE);
    if (deposited_.load(HERE) && withdrawn_.load(HERE)) {
      expect(balance_.load(HERE) == after, "account: wrong balance");
    }
    lock_.unlock(HERE);
  }

  Lock lock_;
  Shared<int> balance_{kBefore};
  Shared<bool> deposited_{false}, withdrawn_{false};
};

}  // namespace

const Program kAccount{"account", 3, Outcome::kFatal, &Account::run};

}  // namespace concertina::yardstick
