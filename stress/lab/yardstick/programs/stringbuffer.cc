// stringbuffer (ConVul: stringbuffer-jdk1.4): append(source) asks the source for its length under
// the source's lock, releases it, and takes it again to copy that many characters. In between the
// other thread truncates the source.
//
// Fixed: append holds the source's lock from asking to copying.
#include "stress/lab/yardstick/programs/programs.h"

namespace concertina::yardstick {
namespace {

class StringBuffer : public Crew<StringBuffer> {
 public:
  void main() {
    for (int i = 0; i < kLength; ++i) source_.chars[i].plant(static_cast<char>('a' + i));
    source_.length.plant(kLength);
    start<&StringBuffer::append>();
    start<&StringBuffer::truncate>();
  }

 private:
  static constexpr int kLength = 3;

  struct Buffer {
    Lock lock;
    Shared<int> length{0};
    Shared<char> chars[2 * kLength];
  };

  void append() {
    target_.lock.lock(HERE);
    source_.lock.lock(HERE);
    const int wanted = source_.length.load(HERE);
    if (!is_fixed()) {
      source_.lock.unlock(HERE);
      source_.lock.lock(HERE);
    }
    expect(wanted <= source_.length.load(HERE), "stringbuffer: the source has become shorter");
    const int end = target_.length.load(HERE);
    for (int i = 0; i < wanted; ++i) {
      target_.chars[end + i].store(source_.chars[i].load(HERE), HERE);
    }
    source_.lock.unlock(HERE);
    target_.length.store(end + wanted, HERE);
    target_.lock.unlock(HERE);
  }
  void truncate() {
    source_.lock.lock(HERE);
    const int length = source_.length.load(HERE);
    for (int i = 0; i < length; ++i) source_.chars[i].store('\0', HERE);
    source_.length.store(0, HERE);
    source_.lock.unlock(HERE);
  }

  Buffer source_, target_;
};

}  // namespace

const Program kStringBuffer{"stringbuffer", 2, Outcome::kFatal, &StringBuffer::run};

}  // namespace concertina::yardstick
