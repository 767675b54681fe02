#include "oracle/function_name.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "oracle/report_text.h"

namespace concertina::fuzzers {
namespace {

constexpr std::string_view kOperator = "operator";
constexpr std::size_t kMangledMax = 500;  // longer ones stay as they are, which is no name
constexpr std::size_t kTypeMax = 500;     // that a conversion is to
// In an outline: parameters, a lambda, and a blank inside an operator's name.
constexpr char kParameters = '\x01', kLambda = '\x02', kBlankInside = '\x03';

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c == '$' || static_cast<unsigned char>(c) >= 0x80;
}

bool starts_at(std::string_view text, std::size_t at, std::string_view what) {
  return at <= text.size() && text.substr(at).starts_with(what);
}

std::size_t end_of_word(std::string_view text, std::size_t at) {
  while (at < text.size() && is_word(text[at])) ++at;
  return at;
}

/// The symbol of "operator<<": the longest one after which a name can continue or end.
/// ("operator<<int>" is a template "operator<".)
std::size_t symbol_length(std::string_view rest) {
  constexpr std::string_view kSymbols[] = {
      "<=>", "->*", "<<=", ">>=", "()", "[]", "->", "<<", ">>", "<=", ">=", "==", "!=",
      "&&",  "||",  "++",  "--",  "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "+",
      "-",   "*",   "/",   "%",   "^",  "&",  "|",  "~",  "!",  "=",  "<",  ">",  ","};
  for (const std::string_view symbol : kSymbols) {
    if (!rest.starts_with(symbol)) continue;
    const std::string_view behind = rest.substr(symbol.size());
    if (behind.empty() || std::string_view("(<[ .").find(behind[0]) != std::string_view::npos)
      return symbol.size();
  }
  return 0;
}

/// " bool", " new[]", " std::vector<int>", "\"\" _km": up to the parameters.
std::size_t words_length(std::string_view rest) {
  std::size_t i = std::min(rest.find_first_not_of(' '), rest.size());
  if (starts_at(rest, i, "\"\"")) {
    i = std::min(rest.find_first_not_of(' ', i + 2), rest.size());
    return end_of_word(rest, i);
  }
  for (const std::string_view memory : {"new", "delete"}) {
    if (!starts_at(rest, i, memory) || end_of_word(rest, i) != i + memory.size()) continue;
    i += memory.size();
    return starts_at(rest, i, "[]") ? i + 2 : i;
  }
  if (i == 0) return 0;
  const std::size_t first_word = i;
  unsigned depth = 0;
  for (; i < rest.size() && i < kTypeMax && (rest[i] != '(' || depth != 0); ++i) {
    if (rest[i] == '<') ++depth;
    if (rest[i] == '>' && depth != 0) --depth;
  }
  if (starts_at(rest, i, "(")) return i;
  return std::min(rest.find(' ', first_word), rest.size());  // without parameters: one word
}

/// "operator" with what belongs to it; 0 when it is not there.
std::size_t operator_length(std::string_view text, std::size_t at) {
  if (!starts_at(text, at, kOperator) || (at > 0 && is_word(text[at - 1]))) return 0;
  const std::string_view rest = text.substr(at + kOperator.size());
  if (!rest.empty() && is_word(rest[0])) return 0;
  const std::size_t symbol = symbol_length(rest);
  return kOperator.size() + (symbol != 0 ? symbol : words_length(rest));
}

/// " < ", " <= " and " << " are of an expression.
bool opens_at(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c != '<') return c == '(' || c == '[' || c == '{';
  const bool is_spaced = at > 0 && text[at - 1] == ' ';
  return !is_spaced ||
         (!starts_at(text, at, "< ") && !starts_at(text, at, "<=") && !starts_at(text, at, "<<"));
}

char partner_of(char c) { return c == '(' ? ')' : c == '<' ? '>' : c == '[' ? ']' : '}'; }

/// The bracket at text[at] up to its partner. A '<' without one, in an expression, gives way to
/// the partner of a bracket around it.
std::size_t group_length(std::string_view text, std::size_t at) {
  std::string partners;  // of the brackets that are open
  for (std::size_t i = at; i < text.size();) {
    if (const std::size_t length = operator_length(text, i); length != 0) {
      i += length;
      continue;
    }
    const bool is_opening = opens_at(text, i);
    const char c = text[i++];
    if (is_opening) {
      partners += partner_of(c);
    } else if (c == ')' || c == ']' || c == '}') {
      const std::size_t found = partners.rfind(c);
      if (found != std::string::npos) partners.resize(found);
    } else if (c == '>' && partners.back() == '>' && text[i - 2] != '-') {
      partners.pop_back();
    }
    if (partners.empty()) return i - at;
  }
  return text.size() - at;
}

std::string outline_of(std::string_view text);

/// "int (*concertina::get(int))(char)", "int (&concertina::all(int))[3]": a function that returns a
/// pointer to one, or to an array, has its name inside of brackets. Empty for other brackets.
std::string_view declarator_in(std::string_view group, std::string_view behind) {
  const bool is_followed = behind.starts_with('(') || trimmed(behind).starts_with('[');
  if (!group.starts_with('(') || !is_followed || !group.ends_with(')')) return "";
  std::string_view inner = group.substr(1, group.size() - 2);
  std::size_t i = 0;
  while (i < inner.size() && (is_word(inner[i]) || inner[i] == ':')) ++i;
  if (i != 0 && !inner.substr(0, i).ends_with("::")) return "";
  const std::size_t stars = std::min(inner.find_first_not_of("*& ", i), inner.size());
  return stars == i ? "" : inner.substr(stars);
}

/// What is left of a bracket in an outline.
std::string outline_of_group(std::string_view group) {
  for (const std::string_view begin : {"{lambda", "<lambda", "(lambda at", "{unnamed type",
                                       "(anonymous class", "(unnamed class"}) {
    if (group.starts_with(begin)) return {kLambda};
  }
  if (group[0] == '(') return {kParameters};
  return "";
}

bool is_anonymous_namespace(std::string_view group) {
  return group == "(anonymous namespace)" || group == "{anonymous}" || group == "<unnamed>";
}

std::string outline_of_operator(std::string_view text) {
  const bool is_literal = text.find("\"\"") != std::string_view::npos;
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    // A type's own brackets go, those of the symbols "()" and "[]" and of "<" stay.
    const bool is_type = text[i] == '<' && text.find(' ') < i;
    i += is_type ? group_length(text, i) : 0;
    if (is_type) continue;
    // operator""_km has a blank or two in some demanglers.
    if (text[i] != ' ') result += text[i];
    if (text[i] == ' ' && !is_literal) result += kBlankInside;
    ++i;
  }
  return result;
}

/// "'lambda0'(int)" of LLVM's demangler: up to the closing quote; 0 for other text.
std::size_t quoted_length(std::string_view text) {
  for (const std::string_view begin : {"'lambda", "'block-literal", "'unnamed"}) {
    if (!text.starts_with(begin)) continue;
    const std::size_t end = text.find('\'', 1);
    if (end != std::string_view::npos) return end + 1;
  }
  return 0;
}

/// R2: the name's words, with marks for what was in brackets. A declarator in brackets replaces all
/// that is around it.
std::string outline_of(std::string_view text) {
  std::string outline;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = text.substr(i);
    if (const std::size_t length = operator_length(text, i); length != 0) {
      outline += outline_of_operator(rest.substr(0, length));
      i += length;
    } else if (opens_at(text, i)) {
      const std::size_t group = group_length(text, i);
      const std::string_view declarator = declarator_in(rest.substr(0, group), rest.substr(group));
      if (!declarator.empty()) return outline_of(declarator);
      const bool is_scope = is_anonymous_namespace(rest.substr(0, group));
      if (!is_scope) outline += outline_of_group(rest.substr(0, group));
      i += group;
      if (is_scope && starts_at(text, i, "::")) i += 2;
    } else if (const std::size_t quoted = quoted_length(rest); quoted != 0) {
      outline += kLambda;
      i += quoted;
    } else if (rest.starts_with("$_") && (outline.empty() || outline.ends_with(':'))) {
      outline += kLambda;
      i = end_of_word(text, i);
    } else {
      outline += text[i++];
    }
  }
  return outline;
}

/// After parameters: "const", "&", "noexcept" and the like; 0 for other text.
std::size_t qualifier_length(std::string_view text) {
  const std::size_t blanks = std::min(text.find_first_not_of(' '), text.size());
  for (const std::string_view one :
       {"const", "volatile", "restrict", "noexcept", "mutable", "&&", "&"}) {
    if (!starts_at(text, blanks, one)) continue;
    const std::size_t end = blanks + one.size();
    if (is_word(one[0]) && end_of_word(text, end) != end) continue;
    return end;
  }
  return 0;
}

std::string without_qualifiers(std::string_view outline) {
  std::string result;
  for (std::size_t i = 0; i < outline.size();) {
    const char c = outline[i++];
    result += c;
    if (c != kParameters) continue;
    std::size_t end = i;
    while (const std::size_t length = qualifier_length(outline.substr(end))) end += length;
    // "f(int) const" and "f(int) const::Local::g()"; but in "decltype(x) const& f()" a name
    // follows.
    const std::string_view behind = outline.substr(end);
    if (trimmed(behind).empty() || behind.starts_with("::") || behind[0] == kParameters) i = end;
  }
  return result;
}

/// The outline's last word, without what follows it.
std::string_view last_word(std::string_view outline) {
  outline = outline.substr(0, outline.find(" requires "));
  constexpr std::string_view kAfterwards[] = {"const", "volatile", "noexcept", "&", "&&", "\x01"};
  while (true) {
    outline = trimmed(outline);
    const std::size_t blank = outline.rfind(' ');
    const std::string_view word = outline.substr(blank + 1);
    const bool is_behind =
        blank != std::string_view::npos &&
        std::find(std::begin(kAfterwards), std::end(kAfterwards), word) != std::end(kAfterwards);
    if (!is_behind) return word;
    outline = outline.substr(0, blank);
  }
}

std::vector<std::string> scopes_of(std::string_view word) {
  std::vector<std::string> scopes(1);
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word.substr(i).starts_with("::")) {
      ++i;
      scopes.emplace_back();
    } else if (word[i] != kParameters) {
      scopes.back() += word[i] == kBlankInside ? ' ' : word[i];
    }
  }
  std::erase(scopes, "");
  return scopes;
}

bool is_project(std::string_view scope) {
  return scope == "concertina" || scope == "sim" || scope == "threads" || scope == "fuzzers";
}

/// R3. What is written in a lambda is its function's, too. One in no function is "lambda".
void name_lambdas(std::vector<std::string>& scopes) {
  const auto lambda = std::find_if(scopes.begin(), scopes.end(),
                                   [](const std::string& scope) { return scope[0] == kLambda; });
  if (lambda == scopes.end()) return;
  scopes.erase(lambda, scopes.end());
  if (std::all_of(scopes.begin(), scopes.end(), is_project)) scopes.emplace_back("lambda");
}

/// R1, its second half: ".constprop.0", ".llvm.123" at the name's end; "@plt", "@@GLIBC_2.34", and
/// "@part" of a module's own function. An operator has none of them.
void cut_suffix(std::string& scope) {
  const std::size_t end = scope.find_first_of(".@");
  if (end != std::string::npos) scope.resize(end);
}

std::string demangled_or_same(std::string_view name) {
  std::string mangled(name.substr(0, name.find('.')));
  if (!name.starts_with("_Z") || mangled.size() > kMangledMax) return std::string(name);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> plain(
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free);
  return status == 0 && plain != nullptr ? std::string(plain.get()) : std::string(name);
}

/// A word that can only be a type, or follow a function's parameters.
bool is_keyword(std::string_view word) {
  constexpr std::string_view kKeywords[] = {
      "auto",   "bool",     "char",     "const",    "decltype", "double",   "float",
      "int",    "long",     "mutable",  "noexcept", "requires", "restrict", "short",
      "signed", "template", "typename", "unsigned", "void",     "volatile"};
  return std::find(std::begin(kKeywords), std::end(kKeywords), word) != std::end(kKeywords);
}

/// Nothing but letters, digits, scopes and what operators have: "<null>" and scraps are no names.
bool is_name(std::string_view shown) {
  if (is_keyword(shown.substr(shown.rfind(':') + 1)) && shown.find(kOperator) == shown.npos)
    return false;
  const std::size_t at = std::min(shown.find(kOperator), shown.size());
  const auto is_of_a_name = [](char c) { return is_word(c) || c == ':' || c == '~'; };
  const auto is_of_an_operator = [&](char c) {
    return is_of_a_name(c) ||
           std::string_view("()[]<>=+-*/%^&|!,\" ").find(c) != std::string_view::npos;
  };
  return std::all_of(shown.begin(), shown.begin() + static_cast<std::ptrdiff_t>(at),
                     is_of_a_name) &&
         std::all_of(shown.begin() + static_cast<std::ptrdiff_t>(at), shown.end(),
                     is_of_an_operator);
}

}  // namespace

std::size_t piece_length(std::string_view text, std::size_t at) {
  if (at >= text.size()) return 0;
  if (opens_at(text, at)) return group_length(text, at);
  return operator_length(text, at);
}

FunctionName read_function_name(std::string_view demangled) {
  const std::string outline = without_qualifiers(outline_of(demangled_or_same(trimmed(demangled))));
  const std::string_view word = last_word(outline);
  std::vector<std::string> scopes = scopes_of(word);
  if (scopes.empty()) return {};
  name_lambdas(scopes);
  for (std::string& scope : scopes) cut_suffix(scope);

  FunctionName name;
  name.is_cxx = scopes.size() > 1 || word.find(kParameters) != std::string_view::npos;
  const auto first = std::find_if_not(scopes.begin(), scopes.end() - 1, is_project);
  name.is_in_project = first != scopes.begin();
  for (auto scope = first; scope != scopes.end(); ++scope) {
    if (!scope->empty()) name.shown += (name.shown.empty() ? "" : "::") + *scope;
  }
  if (!is_name(name.shown)) name = {};
  return name;
}

}  // namespace concertina::fuzzers
