#include "oracle/function_name.h"

#include <gtest/gtest.h>

#include "oracle/stack_frame.h"

namespace concertina::fuzzers {
namespace {

struct Row {
  const char* demangled;
  const char* shown;
};

class FunctionNames : public testing::TestWithParam<Row> {};

TEST_P(FunctionNames, AreShort) {
  EXPECT_EQ(read_function_name(GetParam().demangled).shown, GetParam().shown);
  // The same in a frame, with the file in one of the ways in which files are printed.
  const std::string name = *GetParam().shown == '\0' ? "<unknown>" : GetParam().shown;
  const std::string demangled = GetParam().demangled;
  for (const char* const place :
       {" /x/a.cc:7:9", " /x/a b (2)/c.cc:7", " runtime/a.cc:7:9 (program+0x5eb5e)",
        " (/x (2)/program+0x5eb5e) (BuildId: 2e10)", " <null> (program+0x5eb5e)"}) {
    EXPECT_EQ(function_of_frame("    #1 0x55d0 in " + demangled + place), name) << place;
    EXPECT_EQ(function_of_frame("    #1 " + demangled + place), name) << place;
  }
}

constexpr Row kNames[] = {
    {"concertina::sim::Channel::send(void*, int) const", "Channel::send"},
    {"concertina::sim::(anonymous namespace)::walk(int)", "walk"},
    {"void concertina::sim::f<int, std::vector<int>>(int&&)", "f"},
    {"concertina::threads::Queue<T*>::pop()", "Queue::pop"},
    {"operator()", "operator()"},
    {"concertina::go(int)::$_0::operator()(int) const", "go"},
    {"concertina::go(int) const::$_0::operator()(int) const", "go"},
    {"concertina::X::m() const::'lambda'(int)::operator()(int) const", "X::m"},
    {"concertina::go(int)::{lambda(int)#1}::operator()(int) const", "go"},
    {"concertina::go(int) const &::{lambda(int)#1}::operator()(int) "
     "const::{lambda()#2}::operator()() const",
     "go"},
    {"concertina::go(int)::{lambda(int)#1}::_FUN(int)", "go"},
    {"auto concertina::f<int>(int)::'lambda0'(auto)::operator()<int>(int) const", "f"},
    {"concertina::$_0::operator()() const", "lambda"},
    {"concertina::{lambda()#1}::operator()() const", "lambda"},
    {"concertina::Slot::{lambda()#1}::operator()() const", "Slot"},
    {"concertina::sim::Frame::at(unsigned int) const &", "Frame::at"},
    {"concertina::sim::Frame::at(unsigned int) &&", "Frame::at"},
    {"concertina::sim::Frame::at(unsigned int) const volatile&& noexcept", "Frame::at"},
    {"auto concertina::sim::visit<int>(int) requires std::integral<int>", "visit"},
    {"concertina::sim::name[abi:cxx11](int)", "name"},
    {"concertina::sim::name[abi:cxx11][abi:v2](int) [clone .isra.0]", "name"},
    {"concertina::sim::copy(int) (.cold)", "copy"},
    {"concertina::sim::copy(int) [clone .cold]", "copy"},
    {"concertina::sim::copy(int) const [clone .part.0] [clone .constprop.1]", "copy"},
    {"concertina::sim::copy(int).llvm.123456", "copy"},
    {"copy_stack.isra.0", "copy_stack"},
    {"copy_stack.part.0.cold", "copy_stack"},
    {"_ZN10concertina3sim10copy_stackEi.isra.0", "copy_stack"},
    {"_ZNK10concertina3sim7Channel4sendEv", "Channel::send"},
    {"concertina::sim::Channel::operator bool() const", "Channel::operator bool"},
    {"concertina::sim::Channel::operator unsigned long() const", "Channel::operator unsigned long"},
    {"concertina::sim::Channel::operator std::vector<int, std::allocator<int>>() const",
     "Channel::operator std::vector"},
    {"concertina::sim::Channel::operator T*<T>() const", "Channel::operator T*"},
    {"concertina::sim::Channel::operator int const&() &", "Channel::operator int const&"},
    {"concertina::sim::Channel::operator()(int) const", "Channel::operator()"},
    {"concertina::sim::Channel::operator[](unsigned long)", "Channel::operator[]"},
    {"concertina::sim::Channel::operator->() const", "Channel::operator->"},
    {"concertina::sim::Channel::operator->*(int)", "Channel::operator->*"},
    {"concertina::sim::operator<=>(concertina::sim::A const&, concertina::sim::A const&)",
     "operator<=>"},
    {"concertina::sim::operator<(concertina::sim::A const&, concertina::sim::A const&)",
     "operator<"},
    {"std::ostream& concertina::sim::operator<<(std::ostream&, int)", "operator<<"},
    {"std::ostream& concertina::sim::operator<< <int>(std::ostream&, int)", "operator<<"},
    {"std::ostream& concertina::sim::operator<<<int>(std::ostream&, int)", "operator<<"},
    {"bool concertina::sim::operator<<int>(A<int>, A<int>)", "operator<"},
    {"bool concertina::sim::operator< <int>(A<int>, A<int>)", "operator<"},
    {"bool concertina::sim::operator><int>(A<int>, A<int>)", "operator>"},
    {"bool concertina::sim::operator>><int>(A<int>, A<int>)", "operator>>"},
    {"auto concertina::sim::operator<=><int>(A<int>, A<int>)", "operator<=>"},
    {"concertina::sim::operator\"\" _km(long double)", "operator\"\"_km"},
    {"concertina::sim::operator \"\"_km(long double)", "operator\"\"_km"},
    {"concertina::sim::A::operator=(concertina::sim::A&&)", "A::operator="},
    {"concertina::sim::A::operator+=(int)", "A::operator+="},
    {"concertina::sim::A::operator new(unsigned long)", "A::operator new"},
    {"concertina::sim::A::operator delete[](void*)", "A::operator delete[]"},
    {"concertina::sim::A::operator new[](unsigned long, std::align_val_t)", "A::operator new[]"},
    {"concertina::sim::A::operator co_await() &&", "A::operator co_await"},
    {"operator delete(void*)", "operator delete"},
    {"operator delete(void*, unsigned long)", "operator delete"},
    {"operator new[](unsigned long)", "operator new[]"},
    {"concertina::sim::A::~A()", "A::~A"},
    {"concertina::sim::A::A(int)", "A::A"},
    {"int (*concertina::sim::get<int>(int))(char)", "get"},
    {"void (*concertina::sim::pick(int))(int, void (*)(int))", "pick"},
    {"int (concertina::sim::A::*concertina::sim::member())(int)", "member"},
    {"int (&concertina::sim::all<int>(int))[3]", "all"},
    {"int (&&concertina::sim::A::all<int>(int) const) [3]", "A::all"},
    {"decltype(auto) concertina::sim::f<int>(int)", "f"},
    {"decltype((fp)(fp0)) concertina::sim::call<int (*)(int), int>(int (*)(int), int)", "call"},
    {"decltype (fp.size()) concertina::sim::call<int>(int)", "call"},
    {"unsigned long const& concertina::sim::get<unsigned long>(unsigned long const&)", "get"},
    {"std::enable_if<(sizeof (int)) > (2), int>::type concertina::sim::g<int>(int)", "g"},
    {"std::enable_if<sizeof(int) < 8, int>::type concertina::sim::g<int>(int)", "g"},
    {"void concertina::sim::h<(concertina::sim::Kind)3, (char)40>(int)", "h"},
    {"void concertina::sim::h<&(concertina::sim::operator<(A, A))>(int)", "h"},
    {"concertina::sim::run(void (*)(int), std::function<int (int)>)", "run"},
    {"concertina::sim::run(int (&) [3], int (*) [4])", "run"},
    {"concertina::sim::outer(int)::Local::method(int)", "outer::Local::method"},
    {"concertina::sim::outer(int) const::Local::method(int) &&", "outer::Local::method"},
    {"non-virtual thunk to concertina::sim::A::f(int)", "A::f"},
    {"virtual thunk to concertina::sim::A::f(int)", "A::f"},
    {"{anonymous}::walk(int)", "walk"},
    {"concertina::{anonymous}::walk(int)", "walk"},
    {"std::pair<int, int> (anonymous namespace)::f<int>(int)", "f"},
    {"void std::__invoke_impl<void, main::{lambda()#1}>(std::__invoke_other, main::{lambda()#1}&&)",
     "std::__invoke_impl"},
    {"void "
     "concertina::sim::visit<concertina::go()::{lambda()#1}>(concertina::go()::{lambda()#1}&&)",
     "visit"},
    {"void concertina::sim::visit<concertina::go()::$_0>(concertina::go()::$_0)", "visit"},
    {"void concertina::sim::visit<concertina::go()::'lambda'(int)>(int)", "visit"},
    {"__invoke_impl<void, (lambda at tsan_race.cc:13:77)>", "__invoke_impl"},
    {"concertina::sim::(anonymous class)::operator()() const", "lambda"},
    {"concertina::sim::Outer::(anonymous struct)::f()", "Outer::f"},
    {"concertina::sim::f<int>(int)::(lambda at /x/a b.cc:1:2)::operator()(int) const", "f"},
    {"boost::context::detail::fiber_entry<boost::context::detail::record>(boost::context::detail::"
     "transfer_t)",
     "boost::context::detail::fiber_entry"},
    {"concertina::sim::copy(int)@plt", "copy"},
    {"concertina::sim::copy@part.of.it(int)", "copy"},
    {"copy_stack@@V_1.2", "copy_stack"},
    {"concertina::sim::A::operator==@part(int)", "A::operator=="},
    {"concertina::sim::const", ""},
    {"unsigned int", ""},
    {"void", ""},
    {"main", "main"},
    {"<null>", ""},
    {"??", ""},
    {"__asan_memcpy", "__asan_memcpy"},
    {"concertina::sim::transfer(FrameRef<unsigned long>, void*, int...)", "transfer"},
    {"concertina::sim::Box<int [3]>::get()", "Box::get"},
    {"concertina::sim::Box<concertina::sim::Box<int> >::get()", "Box::get"},
    {"concertina::sim::Box<int>::Box<long>::get() const", "Box::Box::get"},
    {"T concertina::sim::get<T>() requires A<T> && B<T>", "get"},
    {"concertina::sim::coro(int) [clone .resume]", "coro"},
    {"concertina::sim::coro(coro(int)::_Z4coroi.Frame*) [clone .actor]", "coro"},
    {"concertina::sim::f(this concertina::sim::A const&)", "f"},
    {"concertina::sim::Größe::messen(int)", "Größe::messen"},
    {"guard variable for concertina::sim::f()::x", "f::x"},
    {"operator() const", "operator()"},
    {"concertina::sim::A::m() const volatile", "A::m"},
    {"concertina::sim::(anonymous namespace)::Move::operator()(unsigned long) const",
     "Move::operator()"},
};

INSTANTIATE_TEST_SUITE_P(Table, FunctionNames, testing::ValuesIn(kNames));

TEST(FunctionName, KnowsWhoseItIs) {
  EXPECT_TRUE(read_function_name("concertina::sim::free_stack(int)").is_in_project);
  EXPECT_FALSE(read_function_name("free").is_in_project);
  EXPECT_FALSE(read_function_name("free").is_cxx);
  EXPECT_TRUE(read_function_name("operator delete(void*)").is_cxx);
  EXPECT_FALSE(read_function_name("operator delete(void*)").is_in_project);
}

TEST(FunctionName, TakesLinearTimeForAnyText) {
  for (const char* const piece : {"operator x ", "operator ", "(", "<", "f<(", "(*", "operator<",
                                  "a::", "{lambda", "const& ", ")", ">", "'lambda", " < ", "_Z"}) {
    std::string text;
    while (text.size() < 20'000) text += piece;
    read_function_name(text);
    read_frame("#0 0x1 in " + text + " x.cc:1:2");
  }
}

bool is_ours(const char* line) { return read_frame(line)->is_of_the_runtime; }

TEST(StackFrame, OfTheRuntimeOrNot) {
  EXPECT_TRUE(is_ours("#0 0x1 in concertina::sim::f(int) /x.cc:1"));
  EXPECT_TRUE(is_ours("#1 0x1 in concertina::sim::free_stack(int) (p+0x1)"));
  EXPECT_TRUE(is_ours("#1 0x1 in copy_stack /x.cc:1"));  // gcc's inlined ones have no scope
  EXPECT_TRUE(is_ours("#1 0x1 in concertina::sim::A::operator new(unsigned long) /x.cc:1"));
  EXPECT_FALSE(is_ours("#0 0x1 in operator delete(void*) (p+0x1)"));
  EXPECT_FALSE(is_ours("#0 0x1 in operator new[](unsigned long, std::align_val_t) (p+0x1)"));
  EXPECT_FALSE(is_ours("#0 0x1 in free (p+0x1)"));
  EXPECT_FALSE(is_ours("#0 strlen <null> (p+0x1)"));
  EXPECT_FALSE(is_ours("#0 0x1 in fread ../../../../src/libsanitizer/sanitizer_common/x.inc:9"));
  EXPECT_FALSE(is_ours("#1 0x1 in start_thread nptl/pthread_create.c:442"));
  EXPECT_FALSE(is_ours("#1 0x1 in get<0> /usr/include/c++/12/tuple:1"));
  EXPECT_FALSE(is_ours("#1 0x1 in concertina::sim::platform::copy(void*) /x.cc:1"));
  EXPECT_FALSE(is_ours("#1 0x1 in operator() /x.cc:1"));
  EXPECT_FALSE(is_ours("#1 0x1  (p+0x1)"));
}

TEST(StackFrame, HasItsPlace) {
  const auto place = [](const char* line) {
    const StackFrame frame = *read_frame(line);
    return frame.file + "|" + std::to_string(frame.line);
  };
  EXPECT_EQ(place("#0 0x1 in f(int) const & my dir (2)/a b.cc:6:80"), "my dir (2)/a b.cc|6");
  EXPECT_EQ(place("#0 f(int) /my dir/a.cc:6 (p (2)+0x1f) (BuildId: a)"), "/my dir/a.cc|6");
  EXPECT_EQ(place("#0 0x1 in f(int) runtime/a.cc (p+0x1)"), "runtime/a.cc|0");
  EXPECT_EQ(place("#0 f(int) <null> (p+0x1)"), "|0");
}

TEST(StackFrame, OtherLinesWithNumbersAreNone) {
  for (const char* const line :
       {"#9", "#2\tINITED cov: 2", "#12 workers are done", "#3 of 7", "# 3 0x1", "#x 0x1 in f",
        "SUMMARY: x", "#4294967296 0x1 in f", ""}) {
    EXPECT_FALSE(read_frame(line)) << line;
  }
}

}  // namespace
}  // namespace concertina::fuzzers
