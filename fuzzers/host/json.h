// A writer for the few flat JSON objects that scripts read. Output only: 40 lines instead of a
// header that would take most of the tool's build time.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/check.h"

namespace concertina::fuzzers {

class JsonObject {
 public:
  JsonObject& raw(std::string_view key, std::string_view value) {
    CHECK(!key.empty() && !value.empty(), "a field has a name and a value");
    body_ += body_.empty() ? "" : ", ";
    body_ += quote(key) + ": ";
    body_ += value;
    return *this;
  }
  JsonObject& text(std::string_view key, std::string_view value) { return raw(key, quote(value)); }
  JsonObject& number(std::string_view key, std::uint64_t value) {
    return raw(key, std::to_string(value));
  }
  JsonObject& real(std::string_view key, double value) {
    CHECK(std::isfinite(value), "JSON has no infinity, and nothing that is no number");
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.6g", value);
    return raw(key, buffer);
  }
  JsonObject& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }

  std::string str() const { return "{" + body_ + "}"; }

  static std::string quote(std::string_view value) {
    std::string result = "\"";
    for (const char c : value) {
      const auto code = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        result += '\\';
        result += c;
      } else if (code < 0x20 || code >= 0x7f) {
        char buffer[8];
        std::snprintf(buffer, sizeof buffer, "\\u%04x", code);
        result += buffer;
      } else {
        result += c;
      }
    }
    return result + "\"";
  }

 private:
  std::string body_;
};

}  // namespace concertina::fuzzers
