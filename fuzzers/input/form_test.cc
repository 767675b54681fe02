#include "input/form.h"

#include <gtest/gtest.h>

#include "host/sha1.h"

namespace concertina::fuzzers {
namespace {

using std::string_literals::operator""s;

constexpr char kSha1[] = "a9993e364706816aba3e25717850c26c9cd0d89d";  // of "abc"

constexpr char kCase[] =
    "# title: a case\n"
    "version 4\n"
    "func f0 frame=0 {\n"
    "}\n"
    "end\n";

TEST(Form, NamesThatSayBytes) {
  const std::string digits = kSha1;
  for (const std::string& name :
       {digits, "crash-" + digits, "timeout-" + digits, "oom-" + digits, "leak-" + digits,
        "slow-unit-" + digits, "libfuzzer-0-crash-" + digits, "afl-1-in-flight-" + digits,
        "out.crash-" + digits}) {
    for (const std::string& path : {name, "a/b.case/" + name, "/" + name}) {
      const NameSays says = what_the_name_says(path);
      EXPECT_TRUE(says.is_bytes) << path;
      EXPECT_EQ(says.sha1, digits) << path;
    }
  }
  for (const std::string& name :
       {"x.bytes"s, ".bytes"s, "crash-x.bytes"s, "minimized-from-" + digits, "id:000000"s,
        "id:000123,sig:06,src:000004,time:17,execs:99,op:havoc,rep:2"s, "id_000000,orig_seed"s,
        "id:1234567,sync:other,src:000000"s, "id:000000,time:0,execs:0,orig:x.case"s}) {
    const NameSays says = what_the_name_says(name);
    EXPECT_TRUE(says.is_bytes && !says.is_text && says.sha1.empty()) << name;
  }
}

TEST(Form, NamesThatDoNotSayBytes) {
  const std::string digits = kSha1;
  for (const std::string& name :
       {""s, "x"s, "LICENSE"s, "bytes"s, "x.bytes.txt"s, "id:12"s, "id:000000.txt"s, "xid:000000"s,
        digits + "0", digits.substr(1), "A" + digits.substr(1), "crash" + digits, "g" + digits,
        "crash-" + digits + ".txt", "xcrash-" + digits, "trash-" + digits, "-" + digits,
        "crash-" + digits + "/", "id:000000,src/x"s}) {
    const NameSays says = what_the_name_says(name);
    EXPECT_FALSE(says.is_bytes || says.is_text) << name;
  }
  EXPECT_TRUE(what_the_name_says("crash-" + digits + ".case").is_text);
  EXPECT_TRUE(what_the_name_says("id:00000,x.case").is_text);
}

TEST(Form, BytesAreNotEmptyAndWhatTheirNameSays) {
  const NameSays abc{.is_bytes = true, .sha1 = kSha1};
  EXPECT_EQ(why_no_bytes(abc, "abc"), "");
  for (const std::string content : {"", "ab", "abcd", "abd"}) {
    const std::string why = why_no_bytes(abc, content);
    EXPECT_NE(why.find("its " + std::to_string(content.size()) + " bytes"), std::string::npos)
        << why;
    EXPECT_NE(why.find("it is cut, or was changed; --bytes"), std::string::npos) << why;
  }
  const NameSays any{.is_bytes = true};
  EXPECT_EQ(why_no_bytes(any, "\0"s), "");
  EXPECT_TRUE(why_no_bytes(any, "").starts_with("the file is empty"));
  // libFuzzer's first input is the empty one; a bug that it shows is saved like this.
  const std::string of_nothing = sha1("");
  EXPECT_EQ(why_no_bytes({.is_bytes = true, .sha1 = of_nothing}, ""), "");
}

struct Row {
  std::string content;
  unsigned line;
  unsigned column;
  std::string reason;
  bool may_be_bytes;
};

std::string utf16(std::string_view text, bool is_big) {
  std::string result;
  for (const char c : text) result += is_big ? std::string{'\0', c} : std::string{c, '\0'};
  return result;
}

TEST(Form, WhatIsNoTextIsRefusedForTheRealReason) {
  const std::string mark = "it is UTF-8 with a byte order mark; a case is UTF-8 without a mark";
  const std::string utf16_reason = "it is UTF-16; a case is UTF-8 without a mark";
  const std::string carriage =
      "a carriage return without a line feed: lines end with \\n or \\r\\n";
  const Row kRows[] = {
      {"", 1, 1, "the file is empty", true},
      {"\xef\xbb\xbf"s + kCase, 1, 1, mark, false},
      {"\xef\xbb\xbf", 1, 1, mark, false},
      {"\xff\xfe" + utf16(kCase, false), 1, 1, utf16_reason, false},
      {"\xfe\xff" + utf16(kCase, true), 1, 1, utf16_reason, false},
      {utf16(kCase, false), 1, 1, utf16_reason, false},
      {utf16(kCase, true), 1, 1, utf16_reason, false},
      {"\xff\xfe\0\0#\0\0\0"s, 1, 1, "it is UTF-32; a case is UTF-8 without a mark", false},
      {"# title: a\0\nversion 4\n"s, 1, 11, "a NUL byte: the file is damaged", false},
      {"version 4\n\0\0\0"s, 2, 1, "a NUL byte: the file is damaged", false},
      {"version 4\n\x1b[2J", 2, 1, "a control character, \\x1b", false},
      {"version 4\n\x7f", 2, 1, "a control character, \\x7f", false},
      {"# title: a\rversion 4\rend\r", 1, 11, carriage, false},
      {"version 4\r\nend\r\r\n", 2, 4, carriage, false},
      {"\x7f"
       "ELF\x02\x01\x01\0\0\0"s,
       1, 1, "not a case: it is binary, and begins with '\\x7fELF\\x02\\x01\\x01\\x00'", true},
      {"\x1f\x8b\x08\0"s, 1, 1, "not a case: it is binary, and begins with '\\x1f\\x8b\\x08\\x00'",
       true},
      {"\x01\x02", 1, 1, "not a case: it is binary, and begins with '\\x01\\x02'", true},
      {"The licence\n", 1, 1, "not a case: expected '# key: value' or 'version N' instead of 'The'",
       true},
      {"\n   Version 1\n", 2, 4,
       "not a case: expected '# key: value' or 'version N' instead of 'Version'", true},
      {"# A heading\n\nSome words.\n", 3, 1,
       "not a case: expected '# key: value' or 'version N' instead of 'Some'", true},
      {"{\"a\": 1}", 1, 1, "not a case: expected '# key: value' or 'version N' instead of '{'",
       true},
      {"GIF\xff", 1, 1, "not a case: it is binary, and begins with 'GIF\\xff'", true},
      {"# title: gr\xf6\xdf"
       "er\nversion 4\n",
       1, 12, "not UTF-8, or not printable: \\xf6\\xdfe", false},
      {"version 4\n# \xe2\x80\xae\n", 2, 3, "not UTF-8, or not printable: \\xe2\\x80\\xae", false},
      {"version 4\n# \xc2\x9b\n", 2, 3, "not UTF-8, or not printable: \\xc2\\x9b\\x0a", false},
      {"# title: x\n", 2, 1, "no 'version N' in it: the file is cut, or not a case", true},
      {" \n\t\n", 3, 1, "no 'version N' in it: the file is cut, or not a case", true},
  };
  for (const Row& row : kRows) {
    const NoText found = why_no_text(row.content);
    EXPECT_EQ(found.error.reason, row.reason) << row.content;
    EXPECT_EQ(found.error.line, row.line) << row.reason;
    EXPECT_EQ(found.error.column, row.column) << row.reason;
    EXPECT_EQ(found.may_be_bytes, row.may_be_bytes) << row.reason;
  }
}

TEST(Form, EveryControlCharacterIsFoundWhereverItIs) {
  const std::string before = "# " + std::string(20'000, 'x') + "\nversion 4\nfunc";
  for (int c = 0; c < 128; ++c) {
    const std::string text = before + static_cast<char>(c) + " f0 frame=0 { } end\n";
    const NoText found = why_no_text(text);
    const bool is_control = (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
    EXPECT_EQ(found.error.reason.empty(), !is_control) << c;
    if (!is_control) continue;
    EXPECT_EQ(found.error.line, 3U) << c;
    EXPECT_EQ(found.error.column, 5U) << c;
  }
}

TEST(Form, TextInUtf8WithEitherLineEndIsText) {
  std::string windows;
  for (const char c : std::string(kCase)) windows += c == '\n' ? "\r\n" : std::string(1, c);
  for (const std::string& text : {std::string(kCase), windows, "\n\n"s + kCase,
                                  "# gr\xc3\xb6\xc3\x9f"
                                  "er\nversion 1\n"s}) {
    EXPECT_EQ(why_no_text(text).error.reason, "") << text;
  }
  CaseFile of_unix, of_windows;
  EXPECT_EQ(parse(kCase, of_unix).reason, "");
  EXPECT_EQ(parse(windows, of_windows).reason, "");
  EXPECT_EQ(of_windows, of_unix);
}

}  // namespace
}  // namespace concertina::fuzzers
