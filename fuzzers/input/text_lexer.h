// TextLexer: words of a case file with their places, for the parser's messages.
#pragma once

#include <string_view>

#include "base/check.h"

namespace concertina::fuzzers {

struct Word {
  std::string_view text;  // empty at the end of the file
  unsigned line = 1;      // from 1
  unsigned column = 1;    // from 1, in bytes
};

/// A word is one of { } ; or a run of anything else up to a blank or one of these.
class TextLexer {
 public:
  explicit TextLexer(std::string_view text) : text_(text) { advance(); }

  /// The next word, without taking it.
  const Word& peek() const { return next_; }

  Word take() {
    const Word word = next_;
    advance();
    return word;
  }

  bool take_if(std::string_view text) {
    if (next_.text != text) return false;
    advance();
    return true;
  }

  bool at_end() const { return next_.text.empty(); }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
  static bool is_mark(char c) { return c == '{' || c == '}' || c == ';'; }

  void step() {
    if (text_[at_] == '\n') {
      ++line_;
      column_ = 1;
    } else {
      ++column_;
    }
    ++at_;
  }

  void skip_blanks_and_comments() {
    for (bool in_comment = false; at_ < text_.size(); step()) {
      const char c = text_[at_];
      in_comment = c == '#' || (in_comment && c != '\n');
      if (!in_comment && !is_blank(c)) return;
    }
  }

  void advance() {
    skip_blanks_and_comments();
    next_ = {{}, line_, column_};
    const std::size_t first = at_;
    if (at_ == text_.size()) return;
    do {
      step();
    } while (at_ < text_.size() && !is_mark(text_[first]) && !is_mark(text_[at_]) &&
             !is_blank(text_[at_]));
    CHECK(at_ > first && at_ <= text_.size(), "a word has a character, and ends within the text");
    next_.text = text_.substr(first, at_ - first);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
  unsigned column_ = 1;
  Word next_;
};

}  // namespace concertina::fuzzers
