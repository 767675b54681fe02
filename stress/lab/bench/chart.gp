# The charts of scripts/bench, one above the other, as bench.svg. In the folder of the data:
#
#     gnuplot -e "ratios=1; copies=1" chart.gp
#
# ratios.dat: index, label, ratio to Go, lowest, highest. copies.dat: KiB in use, microseconds of a
# copy, of a memcpy. A chart without data (0 instead of 1) is left out.
set terminal svg size 1000, (copies ? 900 : 520) enhanced background "white" font "sans,11"
set output "bench.svg"
set multiplot layout (ratios && copies ? 2 : 1), 1
if (ratios) {
  set title "time or memory of ours by Go's: median and spread (below 1: less)"
  set logscale y 2
  set yrange [0.125:8]
  set grid y
  unset key
  set rmargin 14
  set style fill solid 0.5
  set boxwidth 0.6
  set xtics rotate by -45
  plot "ratios.dat" using 1:3:xtic(2) with boxes, \
       "ratios.dat" using 1:3:4:5 with yerrorbars pt 0 lc rgb 'black', 1 lc rgb 'gray'
}
if (copies) {
  unset logscale
  set key left top
  set title "copying a stack of 128-byte frames"
  set yrange [0:*]
  set xrange [0:*]
  set xtics norotate autofreq
  set xlabel "KiB in use"
  set ylabel "us"
  plot "copies.dat" using 1:2 with linespoints title 'copy and adjust', \
       "copies.dat" using 1:3 with linespoints title 'memcpy'
}
unset multiplot
