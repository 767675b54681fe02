// Where reports get function names from. Distributions install the tool with a version suffix,
// which the sanitizer runtimes do not look for by themselves.
#pragma once

#ifdef CONCERTINA_SYMBOLIZER
#define SYMBOLIZER_OPTION ":external_symbolizer_path=" CONCERTINA_SYMBOLIZER
#else
#define SYMBOLIZER_OPTION ""
#endif
