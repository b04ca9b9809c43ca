/* SPDX-License-Identifier: MIT */
/*
 * parser_test.c - whole texts: what is refused, with the very message; what is taken,
 * with its samples. The rows of both formats follow the shapes of bad input that the
 * test data of OpenMetrics and of the Prometheus clients have made known.
 */
#include "text/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

static const struct label_limits limits = { 4, 64, 64 };

struct row {
	const char *text, *says;
};

static const struct row bad_openmetrics[] = {
	{ "",
	  "1:1: the text ends without # EOF: it is cut" },
	{ "a 1\n\n# EOF\n",
	  "2:1: a blank line (OpenMetrics has none)" },
	{ "a 1\n# EOF\nblah",
	  "3:1: a line behind # EOF" },
	{ "a 1\n# EOFblah",
	  "2:3: HELP, TYPE, UNIT or EOF (OpenMetrics has no comments) is expected, not \"EOFblah\"" },
	{ "a{a=1} 1\n# EOF\n",
	  "1:5: a label value in double quotes is expected, not \"1}\"" },
	{ "a{a=\"1} 1\n# EOF\n",
	  "1:5: the quote is not closed in this line" },
	{ "a{a='1'} 1\n# EOF\n",
	  "1:5: a label value in double quotes is expected, not \"'1'}\"" },
	{ "a{a} 1\n# EOF\n",
	  "1:4: = behind the name of a label is expected, not \"}\"" },
	{ "a{a\"value\"} 1\n# EOF\n",
	  "1:4: = behind the name of a label is expected, not \"\"value\"}\"" },
	{ "a{a\"\"} 1\n# EOF\n",
	  "1:4: = behind the name of a label is expected, not \"\"\"}\"" },
	{ "a{a=} 1\n# EOF\n",
	  "1:5: a label value in double quotes is expected, not \"}\"" },
	{ "a{a=\"} 1\n# EOF\n",
	  "1:5: the quote is not closed in this line" },
	{ "a{a=\"1\"b=\"2\"} 1\n# EOF\n",
	  "1:8: a comma or } behind a label is expected, not \"b=\"2\"}\"" },
	{ "a{a=\"1\",,b=\"2\"} 1\n# EOF\n",
	  "1:9: the name of a label is expected, not \",b=\"2\"}\"" },
	{ "a{a=\"1\",b=\"2\",} 1\n# EOF\n",
	  "1:15: the name of a label is expected, not \"}\"" },
	{ "a{1=\"1\"} 1\n# EOF\n",
	  "1:3: the name of a label is expected, not \"1=\"1\"}\"" },
	{ "a{1=\"1\"}1\n# EOF\n",
	  "1:3: the name of a label is expected, not \"1=\"1\"}1\"" },
	{ "a{a=\"1\",a=\"1\"} 1\n# EOF\n",
	  "1:9: the label a stands twice" },
	{ "a{a=\"1\"b} 1\n# EOF\n",
	  "1:8: a comma or } behind a label is expected, not \"b}\"" },
	{ "a{1=\" # \"} 1\n# EOF\n",
	  "1:3: the name of a label is expected, not \"1=\"\"" },
	{ "a{a=\" # \",a=\" # \"} 1\n# EOF\n",
	  "1:11: the label a stands twice" },
	{ "a{a=\" # \"}1\n# EOF\n",
	  "1:11: a space is expected, not \"1\"" },
	{ "a{a=\" # \",b=}1\n# EOF\n",
	  "1:13: a label value in double quotes is expected, not \"}1\"" },
	{ "a{a=\" # \"b}1\n# EOF\n",
	  "1:10: a comma or } behind a label is expected, not \"b}1\"" },
	{ "a\n# EOF\n",
	  "1:2: the line ends where the value is expected" },
	{ "a \n# EOF\n",
	  "1:3: the line ends where the value is expected" },
	{ "# HELP\n# EOF\n",
	  "1:7: the line ends where the name of a metric is expected" },
	{ "# HELP \n# EOF\n",
	  "1:8: the line ends where the name of a metric is expected" },
	{ "# HELP a\n# EOF\n",
	  "1:9: the line ends where a space behind the name of the metric is expected" },
	{ "# HELP a\t\n# EOF\n",
	  "1:9: a space behind the name of the metric is expected, not \"\\x09\"" },
	{ " # HELP a meh\n# EOF\n",
	  "1:1: a blank before the name of a metric" },
	{ "# TYPE\n# EOF\n",
	  "1:7: the line ends where the name of a metric is expected" },
	{ "# TYPE \n# EOF\n",
	  "1:8: the line ends where the name of a metric is expected" },
	{ "# TYPE a\n# EOF\n",
	  "1:9: the line ends where a space behind the name of the metric is expected" },
	{ "# TYPE a\t\n# EOF\n",
	  "1:9: a space behind the name of the metric is expected, not \"\\x09\"" },
	{ "# TYPE a meh\n# EOF\n",
	  "1:10: \"meh\" is no type (there are counter, gauge, histogram, gaugehistogram, summary, info, stateset and unknown)" },
	{ "# TYPE a meh \n# EOF\n",
	  "1:10: \"meh \" is no type (there are counter, gauge, histogram, gaugehistogram, summary, info, stateset and unknown)" },
	{ "# TYPE a gauge \n# EOF\n",
	  "1:10: \"gauge \" is no type (there are counter, gauge, histogram, gaugehistogram, summary, info, stateset and unknown)" },
	{ "# TYPE a untyped\n# EOF\n",
	  "1:10: \"untyped\" is no type (there are counter, gauge, histogram, gaugehistogram, summary, info, stateset and unknown)" },
	{ "# UNIT\n# EOF\n",
	  "1:7: the line ends where the name of a metric is expected" },
	{ "# UNIT \n# EOF\n",
	  "1:8: the line ends where the name of a metric is expected" },
	{ "# UNIT a\n# EOF\n",
	  "1:9: the line ends where a space behind the name of the metric is expected" },
	{ "# UNIT a\t\n# EOF\n",
	  "1:9: a space behind the name of the metric is expected, not \"\\x09\"" },
	{ "# UNIT a seconds\n# EOF\n",
	  "1:10: the name of the metric does not end in _seconds" },
	{ "# UNIT a_seconds seconds \n# EOF\n",
	  "1:18: the name of the metric does not end in _seconds " },
	{ "# TYPE x_u info\n# UNIT x_u u\n# EOF\n",
	  "2:12: a metric of type info has no unit" },
	{ "# TYPE x_u stateset\n# UNIT x_u u\n# EOF\n",
	  "2:12: a metric of type stateset has no unit" },
	{ "# HELP a x\na 1\n# TYPE a gauge\n# EOF\n",
	  "3:1: TYPE of a stands behind a sample of it (line 2)" },
	{ "# TYPE a gauge\na 1\n# HELP a gauge\n# EOF\n",
	  "3:1: HELP of a stands behind a sample of it (line 2)" },
	{ "# TYPE a_s gauge\na_s 1\n# UNIT a_s s\n# EOF\n",
	  "3:1: UNIT of a_s stands behind a sample of it (line 2)" },
	{ "# HELP a \n# HELP a \n# EOF\n",
	  "2:1: a second HELP of a" },
	{ "# HELP a x\n# HELP a x\n# EOF\n",
	  "2:1: a second HELP of a" },
	{ "# TYPE a untyped\n# TYPE a untyped\n# EOF\n",
	  "1:10: \"untyped\" is no type (there are counter, gauge, histogram, gaugehistogram, summary, info, stateset and unknown)" },
	{ "# UNIT a_s s\n# UNIT a_s s\n# EOF\n",
	  "2:1: a second UNIT of a_s" },
	{ "# FOO a x\n# EOF\n",
	  "1:3: HELP, TYPE, UNIT or EOF (OpenMetrics has no comments) is expected, not \"FOO\"" },
	{ "0a 1\n# EOF\n",
	  "1:1: the name of a metric is expected, not \"0a\"" },
	{ "a.b 1\n# EOF\n",
	  "1:2: a space is expected, not \".b\"" },
	{ "a-b 1\n# EOF\n",
	  "1:2: a space is expected, not \"-b\"" },
	{ "a a\n# EOF\n",
	  "1:3: \"a\" is not a number that a double can hold" },
	{ "a  1\n# EOF\n",
	  "1:3: one space is expected before the value, not several blanks" },
	{ "a 1\t\n# EOF\n",
	  "1:4: a space is expected, not \"\\x09\"" },
	{ "a 1 \n# EOF\n",
	  "1:5: the line ends where a time is expected" },
	{ "a 1_2\n# EOF\n",
	  "1:3: \"1_2\" is not a number that a double can hold" },
	{ "a 0x1p-3\n# EOF\n",
	  "1:3: \"0x1p-3\" is not a number that a double can hold" },
	{ "a 0x1P-3\n# EOF\n",
	  "1:3: \"0x1P-3\" is not a number that a double can hold" },
	{ "a 0b1\n# EOF\n",
	  "1:3: \"0b1\" is not a number that a double can hold" },
	{ "a 0x1\n# EOF\n",
	  "1:3: \"0x1\" is not a number that a double can hold" },
	{ "a 0o1\n# EOF\n",
	  "1:3: \"0o1\" is not a number that a double can hold" },
	{ "a 1 z\n# EOF\n",
	  "1:5: \"z\" is not a time in seconds" },
	{ "a 1 1z\n# EOF\n",
	  "1:5: \"1z\" is not a time in seconds" },
	{ "a 1 1_2\n# EOF\n",
	  "1:5: \"1_2\" is not a time in seconds" },
	{ "a 1 1.1.1\n# EOF\n",
	  "1:5: \"1.1.1\" is not a time in seconds" },
	{ "a 1 NaN\n# EOF\n",
	  "1:5: \"NaN\" is not a time in seconds" },
	{ "a 1 Inf\n# EOF\n",
	  "1:5: \"Inf\" is not a time in seconds" },
	{ "a 1 +Inf\n# EOF\n",
	  "1:5: \"+Inf\" is not a time in seconds" },
	{ "a 1 -Inf\n# EOF\n",
	  "1:5: \"-Inf\" is not a time in seconds" },
	{ "a 1 0x1p-3\n# EOF\n",
	  "1:5: \"0x1p-3\" is not a time in seconds" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 #\n# EOF\n",
	  "2:24: the line ends where \" # {\" before the labels of an exemplar is expected" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1# {} 1\n# EOF\n",
	  "2:21: \"1#\" is not a number that a double can hold" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 #{} 1\n# EOF\n",
	  "2:24: \" # {\" before the labels of an exemplar is expected, not \"{}\"" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 # {}1\n# EOF\n",
	  "2:27: a space is expected, not \"1\"" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 # {} 1 \n# EOF\n",
	  "2:30: the line ends where the time of the exemplar is expected" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 # {} 1 1 \n# EOF\n",
	  "2:31: nothing may stand behind the time of the exemplar" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 # {} 0x1p-3\n# EOF\n",
	  "2:28: \"0x1p-3\" is not a number that a double can hold" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1 # {} 1 0x1p-3\n# EOF\n",
	  "2:30: \"0x1p-3\" is not a time in seconds" },
	{ "# TYPE a counter\na_total 1 1 # {id=\"a\"}  \n# EOF\n",
	  "2:24: one space is expected before the value of the exemplar, not several blanks" },
	{ "# TYPE a counter\na_total 1 1 # id=\"a\"} 1\n# EOF\n",
	  "2:15: \" # {\" before the labels of an exemplar is expected, not \"id=\"a\"}\"" },
	{ "# TYPE a counter\na_total 1 1 #id=\" # \"} 1\n# EOF\n",
	  "2:14: \" # {\" before the labels of an exemplar is expected, not \"id=\"\"" },
	{ "# TYPE a counter\na_total 1 1 id=\" # \"} 1\n# EOF\n",
	  "2:13: an exemplar (\"# {...} value\") or the end of the line is expected, not \"id=\"\"" },
	{ "# TYPE a histogram\na_sum 1 # {a=\"b\"} 0.5\n# EOF\n",
	  "2:9: only counters and buckets may have an exemplar" },
	{ "# TYPE a gaugehistogram\na_sum 1 # {a=\"b\"} 0.5\n# EOF\n",
	  "2:9: only counters and buckets may have an exemplar" },
	{ "# TYPE a_bucket gauge\na_bucket 1 # {a=\"b\"} 0.5\n# EOF\n",
	  "2:12: only counters and buckets may have an exemplar" },
	{ "# TYPE a counter\na_created 1 # {a=\"b\"} 0.5\n# EOF\n",
	  "2:13: only counters and buckets may have an exemplar" },
	{ "# TYPE a gauge\na 1 # {a=\"b\"} 1\n# EOF\n",
	  "2:5: only counters and buckets may have an exemplar" },
	{ "# TYPE a info\na_info 1 # {a=\"b\"} 1\n# EOF\n",
	  "2:10: only counters and buckets may have an exemplar" },
	{ "# TYPE a stateset\na{a=\"b\"} 1 # {c=\"d\"} 1\n# EOF\n",
	  "2:12: only counters and buckets may have an exemplar" },
	{ "# TYPE a stateset\na 2\n# EOF\n",
	  "2:1: a state without the label a, which is called like its family" },
	{ "# TYPE a info\na 2\n# EOF\n",
	  "2:1: a is of type info (line 1): its samples are called a_info" },
	{ "# TYPE a summary\na 0\n# EOF\n",
	  "2:1: a sample of a summary without the label quantile" },
	{ "# TYPE a summary\na{quantile=\"-1\"} 0\n# EOF\n",
	  "2:13: quantile=\"-1\" is not from 0 to 1" },
	{ "# TYPE a summary\na{quantile=\"foo\"} 0\n# EOF\n",
	  "2:13: quantile=\"foo\" is not a number" },
	{ "# TYPE a summary\na{quantile=\"1.01\"} 0\n# EOF\n",
	  "2:13: quantile=\"1.01\" is not from 0 to 1" },
	{ "# TYPE a summary\na{quantile=\"NaN\"} 0\n# EOF\n",
	  "2:13: quantile=\"NaN\" is not from 0 to 1" },
	{ "# TYPE a histogram\na_bucket 0\n# EOF\n",
	  "2:1: a bucket without the label le" },
	{ "# TYPE a gaugehistogram\na_bucket 0\n# EOF\n",
	  "2:1: a bucket without the label le" },
	{ "# TYPE a stateset\na 0\n# EOF\n",
	  "2:1: a state without the label a, which is called like its family" },
	{ "# TYPE a counter\na_total NaN\n# EOF\n",
	  "2:9: what is summed up is a number" },
	{ "# TYPE a counter\na_total -1\n# EOF\n",
	  "2:9: a counter is not negative" },
	{ "# TYPE a histogram\na_sum NaN\n# EOF\n",
	  "2:7: what is summed up is a number" },
	{ "# TYPE a histogram\na_count NaN\n# EOF\n",
	  "2:9: a count is a number" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} NaN\n# EOF\n",
	  "2:21: a count is a number" },
	{ "# TYPE a histogram\na_sum -1\n# EOF\n",
	  "2:7: a _sum is not negative (where observations are, there is none)" },
	{ "# TYPE a histogram\na_count -1\n# EOF\n",
	  "2:9: a count is not negative" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} -1\n# EOF\n",
	  "2:21: a count is not negative" },
	{ "# TYPE a histogram\na_bucket{le=\"-1.0\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum -1\n# EOF\n",
	  "4:7: a _sum is not negative (where observations are, there is none)" },
	{ "# TYPE a histogram\na_bucket{le=\"-1.0\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 1\n# EOF\n",
	  "4:7: the histogram a has a _sum and no _count" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 0.5\n# EOF\n",
	  "2:21: a count is a whole number" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 0.5\na_count 0.5\na_sum 0\n# EOF\n",
	  "2:21: a count is a whole number" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} NaN\n# EOF\n",
	  "2:21: a count is a number" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} -1\na_gcount -1\n# EOF\n",
	  "2:21: a count is not negative" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\na_gsum -1\n# EOF\n",
	  "3:8: the histogram a has a _gsum and no _gcount" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\na_gsum NaN\n# EOF\n",
	  "3:8: a _gsum is a number" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 0.5\n# EOF\n",
	  "2:21: a count is a whole number" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 0.5\na_gsum 0.5\na_gcount 0\n# EOF\n",
	  "2:21: a count is a whole number" },
	{ "# TYPE a summary\na_sum NaN\n# EOF\n",
	  "2:7: what is summed up is a number" },
	{ "# TYPE a summary\na_count NaN\n# EOF\n",
	  "2:9: a count is a number" },
	{ "# TYPE a summary\na_sum -1\n# EOF\n",
	  "2:7: a _sum is not negative (where observations are, there is none)" },
	{ "# TYPE a summary\na_count -1\n# EOF\n",
	  "2:9: a count is not negative" },
	{ "# TYPE a summary\na_count 0.5\n# EOF\n",
	  "2:9: a count is a whole number" },
	{ "# TYPE a summary\na{quantile=\"0.5\"} -1\n# EOF\n",
	  "2:19: a quantile is not negative" },
	{ "# TYPE a info\na_info{foo=\"bar\"} 2\n# EOF\n",
	  "2:19: an info is 1" },
	{ "# TYPE a stateset\na{a=\"bar\"} 2\n# EOF\n",
	  "2:12: a state is 0 or 1" },
	{ "# TYPE a histogram\na_sum 1\n# EOF\n",
	  "2:1: the histogram a ends here without a bucket le=\"+Inf\"" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 0\na_sum 0\n# EOF\n",
	  "3:7: the histogram a has a _sum and no _count" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 0\na_count 0\n# EOF\n",
	  "3:9: the histogram a has a _count and no _sum" },
	{ "# TYPE a histogram\na_bucket{le=\"-1\"} 0\na_bucket{le=\"+Inf\"} 0\na_sum 0\na_count 0\n# EOF\n",
	  "4:7: the histogram a has negative buckets, and so can have no _sum" },
	{ "# TYPE a gaugehistogram\na_gsum 1\n# EOF\n",
	  "2:1: the histogram a ends here without a bucket le=\"+Inf\"" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 0\na_gsum 0\n# EOF\n",
	  "3:8: the histogram a has a _gsum and no _gcount" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 0\na_gcount 0\n# EOF\n",
	  "3:10: the histogram a has a _gcount and no _gsum" },
	{ "# TYPE a gaugehistogram\na_bucket{le=\"+Inf\"} 1\na_gsum -1\na_gcount 1\n# EOF\n",
	  "3:8: the _gsum of a is negative, but none of its buckets" },
	{ "# TYPE a histogram\na_count 1\na_bucket{le=\"+Inf\"} 0\n# EOF\n",
	  "2:9: the histogram a has a _count and no _sum" },
	{ "# TYPE a histogram\na_bucket{le=\"+Inf\"} 0\na_count 1\n# EOF\n",
	  "3:9: the histogram a has a _count and no _sum" },
	{ "# TYPE a histogram\na_bucket{le=\"+INF\"} 0\n# EOF\n",
	  "2:14: le=\"+INF\" is to be written \"+Inf\"" },
	{ "# TYPE a histogram\na_bucket{le=\"2\"} 0\na_bucket{le=\"1\"} 0\na_bucket{le=\"+Inf\"} 0\n# EOF\n",
	  "3:1: the bucket le=\"1\" stands behind le=\"2\": buckets rise" },
	{ "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"2\"} 1\na_bucket{le=\"+Inf\"} 0\n# EOF\n",
	  "4:21: the bucket le=\"+Inf\" counts 0, less than the 1 of the one before" },
	{ "# TYPE a histogram\na_sum{a=\"1\"} 0\na_sum{a=\"2\"} 0\na_count{a=\"1\"} 0\n# EOF\n",
	  "2:1: the histogram a ends here without a bucket le=\"+Inf\"" },
	{ "# TYPE a histogram\na_bucket{a=\"1\",le=\"1\"} 0\na_bucket{a=\"2\",le=\"+Inf\"} 0\na_bucket{a=\"1\",le=\"+Inf\"} 0\n# EOF\n",
	  "2:1: the histogram a ends here without a bucket le=\"+Inf\"" },
	{ "# TYPE a gaugehistogram\na_gsum{a=\"1\"} 0\na_gsum{a=\"2\"} 0\na_gcount{a=\"1\"} 0\n# EOF\n",
	  "2:1: the histogram a ends here without a bucket le=\"+Inf\"" },
	{ "# TYPE a summary\nquantile{quantile=\"0\"} 0\na_sum{a=\"1\"} 0\nquantile{quantile=\"1\"} 0\n# EOF\n",
	  "3:1: a_sum belongs to the summary a (line 1)" },
	{ "# TYPE a gauge\na 0 -1\na 0 -2\n# EOF\n",
	  "3:5: the time lies before that of the sample above" },
	{ "# TYPE a gauge\na 0 -1\na 0 -1.1\n# EOF\n",
	  "3:5: the time lies before that of the sample above" },
	{ "# TYPE a gauge\na 0 1\na 0 -1\n# EOF\n",
	  "3:5: the time lies before that of the sample above" },
	{ "# TYPE a gauge\na 0 1.1\na 0 1\n# EOF\n",
	  "3:5: the time lies before that of the sample above" },
	{ "# TYPE a gauge\na 0\na 0 0\n# EOF\n",
	  "3:5: some samples of this metric have a time, others have none" },
	{ "# TYPE a gauge\na 0 0\na 0\n# EOF\n",
	  "3:3: some samples of this metric have a time, others have none" },
	{ "# TYPE a counter\n# TYPE a counter\n# EOF\n",
	  "2:1: a second TYPE of a" },
	{ "# TYPE a info\n# TYPE a counter\n# EOF\n",
	  "2:1: a second TYPE of a" },
	{ "# TYPE a_created gauge\n# TYPE a counter\n# EOF\n",
	  "2:1: a_created belongs to the gauge a_created (line 1)" },
	{ "a 1\n# TYPE b gauge\n# HELP b x\nb 1\na{c=\"d\"} 1\n# EOF\n", "5:1: the metric a stands further up already (line 1), with others between" },
	{ "# TYPE a gauge\na{b=\"1\"} 1\na{b=\"2\"} 1\na{b=\"1\"} 2\n# EOF\n",
	  "4:1: samples of this metric with these labels stand further up already, with others between" },
	{ "# TYPE a gauge\na{b=\"1\",c=\"2\"} 1 5\na{c=\"2\",b=\"1\"} 1 5\n# EOF\n", "3:1: the same series at the same time stands further up already" },
	{ "# TYPE a counter\na 1\n# EOF\n", "2:1: a is of type counter (line 1): its samples are called a_total" },
	{ "# TYPE a counter\na_total 1\na_created NaN\n# EOF\n", "3:11: _created is a time in seconds" },
	{ "# TYPE a histogram\na_count{le=\"1\"} 1\n# EOF\n", "2:9: the label le is only for buckets" },
	{ "# TYPE a summary\na_count{quantile=\"1\"} 1\n# EOF\n", "2:9: the label quantile is only for quantiles" },
	{ "a{__b=\"1\"} 1\n# EOF\n", "1:3: the label name __b is reserved: it begins with __" },
	{ "a{b=\"1\",c=\"2\",d=\"3\",e=\"4\",f=\"5\"} 1\n# EOF\n", "1:27: more than 4 labels" },
	{ "a{b=\"0123456789012345678901234567890123456789012345678901234567890123456789\"} 1\n# EOF\n",
	  "1:6: a label value has 70 bytes, at most 64 are allowed" },
	{ "# HELP \303\244 x\n# EOF\n", "1:8: the name of a metric is expected, not \"\303\244\"" },
	{ "a 1\n\303( 1\n# EOF\n", "2:1: the byte 0xc3 is not UTF-8 text" },
	{ "a{b=\"\303\244\"} 1 x\n# EOF\n", "1:13: \"x\" is not a time in seconds" },
	{ "{\"a\n\"} 1\n# EOF\n", "1:2: the quote is not closed in this line" },
};

static const struct row bad_prometheus[] = {
	{ "a",
	  "1:2: the line ends where the value is expected" },
	{ "a \n",
	  "1:3: the line ends where the value is expected" },
	{ "1a 1\n",
	  "1:1: the name of a metric is expected, not \"1a\"" },
	{ "a=1\n",
	  "1:2: a blank is expected, not \"=1\"" },
	{ "a{b=c} 1\n",
	  "1:5: a label value in double quotes is expected, not \"c}\"" },
	{ "a{b=\"c} 1\n",
	  "1:5: the quote is not closed in this line" },
	{ "a{b=\"\\q\"} 1\n",
	  "1:6: \"\\q\" is not an escape (there are \\\\ \\\" and \\n)" },
	{ "a{,} 1\n",
	  "1:3: the name of a label is expected, not \",}\"" },
	{ "a{b=\"c\",,} 1\n",
	  "1:9: the name of a label is expected, not \",}\"" },
	{ "a{b=\"c\"d=\"e\"} 1\n",
	  "1:8: a comma or } behind a label is expected, not \"d=\"e\"}\"" },
	{ "a{b=\"c\",b=\"d\"} 1\n",
	  "1:9: the label b stands twice" },
	{ "a{b=\"c\",\"b\"=\"d\"} 1\n",
	  "1:10: the label b stands twice" },
	{ "a{\"c\"} 1\n",
	  "1:3: the metric has a name already" },
	{ "{\"a\",\"b\"} 1\n",
	  "1:6: a label without a value" },
	{ "{b=\"c\"} 1\n",
	  "1:1: the metric has no name" },
	{ "{} 1\n",
	  "1:1: the metric has no name" },
	{ "{\"\",b=\"c\"} 1\n",
	  "1:2: the name of the metric is empty" },
	{ "{b=\"c\",\"a\"} 1\n",
	  "1:8: a label without a value" },
	{ "a{\"\"=\"c\"} 1\n",
	  "1:4: a label name is empty" },
	{ "a{__name__=\"b\"} 1\n",
	  "1:3: the name of the metric is no label: it stands before the braces, or first in them, in quotes" },
	{ "a.b 1\n",
	  "1:2: a blank is expected, not \".b\"" },
	{ "a 1 1.5\n",
	  "1:5: \"1.5\" is not a time in whole milliseconds" },
	{ "a 1 x\n",
	  "1:5: \"x\" is not a time in whole milliseconds" },
	{ "a 1 99999999999999999999\n",
	  "1:5: \"99999999999999999999\" is not a time in whole milliseconds" },
	{ "a 1 9223372036854775808\n",
	  "1:5: \"9223372036854775808\" is not a time in whole milliseconds" },
	{ "a 1 1 1\n",
	  "1:7: nothing may stand behind the time" },
	{ "a 1 # {} 1\n",
	  "1:5: \"#\" is not a time in whole milliseconds" },
	{ "a one\n",
	  "1:3: \"one\" is not a number that a double can hold" },
	{ "a 0x1p3\n",
	  "1:3: \"0x1p3\" is not a number that a double can hold" },
	{ "a 1_000\n",
	  "1:3: \"1_000\" is not a number that a double can hold" },
	{ "a 1e999\n",
	  "1:3: \"1e999\" is not a number that a double can hold" },
	{ "a 1\r\n",
	  "1:4: a carriage return (a line ends with a line feed alone)" },
	{ "# TYPE\n",
	  "1:7: the line ends where the name of a metric is expected" },
	{ "# TYPE a\n",
	  "1:9: the line ends where a space behind the name of the metric is expected" },
	{ "# TYPE a gauges\n",
	  "1:10: \"gauges\" is no type (there are counter, gauge, histogram, summary and untyped)" },
	{ "# TYPE a info\n",
	  "1:10: \"info\" is no type (there are counter, gauge, histogram, summary and untyped)" },
	{ "# TYPE a gauge\n# TYPE a gauge\n",
	  "2:1: a second TYPE of a" },
	{ "# HELP a x\n# HELP a y\n",
	  "2:1: a second HELP of a" },
	{ "a 1\n# TYPE a gauge\n",
	  "2:1: TYPE of a stands behind a sample of it (line 1)" },
	{ "a_count 1\n# TYPE a histogram\n",
	  "2:1: TYPE of a stands behind a sample of it (line 1)" },
	{ "# HELP a \\q\n",
	  "1:10: \"\\q\" is not an escape (there are \\\\ \\\" and \\n)" },
	{ "# HELP a x\\\n",
	  "1:11: a backslash at the end of the line" },
	{ "# HELP 1 x\n",
	  "1:8: the name of a metric is expected, not \"1\"" },
	{ "a 1\na 1\n",
	  "2:1: the same series stands further up already" },
	{ "a 1 5\nb 1\na 2 5\n",
	  "3:1: the same series at the same time stands further up already" },
	{ "a{b=\"c\",d=\"e\"} 1\na{d=\"e\",b=\"c\"} 1\n",
	  "2:1: the same series stands further up already" },
	{ "a{b=\"c\"} 1\na{b=\"c\",x=\"\"} 2\n",
	  "2:1: the same series stands further up already" },
	{ "a{b=\"c\"} 1\na{\"b\"=\"c\"} 1\n",
	  "2:1: the same series stands further up already" },
	{ "# TYPE a histogram\na_bucket 1\n",
	  "2:1: a bucket without the label le" },
	{ "# TYPE a histogram\na_bucket{le=\"x\"} 1\n",
	  "2:14: le=\"x\" is not a number" },
	{ "# TYPE a histogram\na 1\n",
	  "2:1: a histogram has samples called _bucket, _sum and _count, none without" },
	{ "# TYPE a summary\na 1\n",
	  "2:1: a sample of a summary without the label quantile" },
	{ "# TYPE a summary\na{quantile=\"x\"} 1\n",
	  "2:13: quantile=\"x\" is not a number" },
	{ "a{b=\"c\"} 1\nb{c=\"\377\"} 1\n",
	  "2:6: the byte 0xff is not UTF-8 text" },
};

static const char *const good_prometheus[] = {
	"a 1",
	"a 1\n",
	"\n\n# anything\n#\n \ta{} 1\n",
	"a{b=\"c\",} 1 1700000000123\n",
	"a { b = \"c\" , d=\"e\" , } 1 -5\n",
	"  # TYPE a counter\n# HELP a\na 1\n",
	"#TYPE a counter\na -1\n",
	"a{b=\"c\"}1\n",
	"{\"a.b\"} 1\n",
	"{\"a.b\",c=\"d\",\"e f\"=\"g\"} 1\n",
	"# TYPE \"a.b\" histogram\n{\"a.b_bucket\",le=\"1\"} 1\n{\"a.b_count\"} 1\n",
	"a{\"b.c\"=\"d\"} 1\n",
	"a +Inf\nb -inf\nc nan\nd 1e5\ne .5\nf infinity\n",
	"a 1\nb 2\na{x=\"y\"} 3\n",
	"a{b=\"\\\\ \\\" \\n\"} 1\n",
	"# TYPE a histogram\na_bucket{le=\"1\"} 1\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 2\n",
	"# TYPE a summary\na{quantile=\"0.5\"} 1\na_sum 1\na_count 2\n",
	"a 1 1\na 2 2\na 3 1000\n",
	"# TYPE a counter\n# TYPE a_created gauge\na 1\na_created 2\n",
	"# HELP a with \\\\ and \\n\na 1\n",
	"a{b=\"\"} 1\n",
	"a{b=\"c\"} 1\na{b=\"d\"} 1\n",
	"# UNIT a anything\n# EOF\na 1\n",
	"a{__x=\"y\"} 1\n",
	"# TYPE a_count gauge\n# TYPE a summary\na_count 1\na_sum 1\n",
};

static const char *const good_openmetrics[] = {
	"# EOF\n",
	"# EOF",
	"a 1\n# EOF\n",
	"a{} 1\n# EOF\n",
	"a{b=\"\"} 1\na{b=\"c\"} 1\n# EOF\n",
	"# HELP a \n# EOF\n",
	"# UNIT a \n# TYPE a gauge\na 1\n# EOF\n",
	"# TYPE a_s counter\n# UNIT a_s s\n# HELP a_s \\\\ \\n \\\" \\q \\\na_s_total 1\na_s_created 1.5e9\n# EOF\n",
	"# TYPE a histogram\na_bucket{le=\"1\"} 1 # {} 0.5\na_bucket{le=\"+Inf\"} 3 # {b=\"\303\244\\n# \"} 7 1.5\na_count 3\na_sum 1.5\na_created 1\n# EOF\n",
	"# TYPE a histogram\na_bucket{le=\"+Inf\"} 3\n# EOF\n",
	"# TYPE a histogram\na_bucket{b=\"1\",le=\"1\"} 1\na_bucket{b=\"1\",le=\"+Inf\"} 1\na_bucket{b=\"2\",le=\"1\"} 1\na_bucket{b=\"2\",le=\"+Inf\"} 1\n# EOF\n",
	"# TYPE a histogram\na_count 2\na_sum 2\na_bucket{le=\"+Inf\"} 2\n# EOF\n",
	"# TYPE a histogram\na_bucket{le=\"-1\"} 1\na_bucket{le=\"+Inf\"} 2\na_count 2\n# EOF\n",
	"# TYPE a gaugehistogram\na_bucket{le=\"-1\"} 1\na_bucket{le=\"+Inf\"} 2 # {} 1\na_gcount 2\na_gsum -1\n# EOF\n",
	"# TYPE a histogram\na_bucket{le=\"+Inf\"} 3 1\na_bucket{le=\"+Inf\"} 2 2\n# EOF\n",
	"# TYPE a summary\na{quantile=\"0\"} NaN\na{quantile=\"1\"} 2\na_count 1\na_sum 1\n# EOF\n",
	"# TYPE a info\na_info{b=\"1\"} 1\na_info{b=\"2\"} 1\na_info{b=\"1\",c=\"2\"} 1\n# EOF\n",
	"# TYPE a stateset\na{a=\"on\"} 1\na{a=\"off\"} 0\n# EOF\n",
	"# TYPE a gauge\na 1 0\na 2 1e0\na 3 1.5\na -4 1520879607.789\n# EOF\n",
	"# TYPE a counter\na_total 1 1 # {b=\"c\"} 1e3\na_total 1 2 # {} -1 -1\n# EOF\n",
	"# TYPE a unknown\na +INF\n# TYPE b gauge\nb -infinity\n# TYPE c gauge\nc nAn\n# EOF\n",
	"# TYPE \"a.b\" counter\n# HELP \"a.b\" x\n{\"a.b_total\",c=\"d\",\"e f\"=\"g\"} 1\n{\"a.b_created\"} 1\n# EOF\n",
	"{\"a\\\"b\"} 1\n{\"a\\nb\"} 1\n# EOF\n",
	"# TYPE \"a\\\\b\" counter\n{\"a\\\\b_total\"} 1\n{\"a\\\\b_created\"} 1\n# EOF\n",
	"a{b=\"\\q\"} 1\n# EOF\n",
	"a{b=\" # {\"} 1\n# EOF\n",
	"# TYPE a gauge\na 1\nb_total 1\nb 1\n# TYPE c info\n# EOF\n",
};

static int ignore(void *data, const struct text_sample *sample)
{
	(void)data, (void)sample;
	return 0;
}

/* `piece`: bytes at a time, up to the line feed behind them. */
static int parse(enum text_format format, const char *text, size_t piece, text_each *each, void *data, struct error *err)
{
	struct text_parser *parser = text_parser_create(format, &limits);
	size_t left = strlen(text);
	int r = 0;

	assert_non_null(parser);
	while (r == 0 && left) {
		const char *feed = left > piece ? memchr(text + piece - 1, '\n', left - piece + 1) : NULL;
		size_t n = feed ? (size_t)(feed - text) + 1 : left;

		r = text_parser_feed(parser, text, n, each, data, err);
		text += n;
		left -= n;
	}
	if (r == 0)
		r = text_parser_end(parser, err);
	text_parser_destroy(parser);
	return r;
}

static void refuse(enum text_format format, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		for (size_t piece = 1; piece < 100; piece += 98) {
			struct error err = { 0 };
			int r = parse(format, rows[i].text, piece, ignore, NULL, &err);

			if (r != -EBADMSG || strcmp(error_text(&err), rows[i].says) != 0)
				fail_msg("\"%s\": %d %s", rows[i].text, r, error_text(&err));
			error_clear(&err);
		}
	}
}

static void accept(enum text_format format, const char *const *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct error err = { 0 };
		int r = parse(format, texts[i], 1, ignore, NULL, &err);

		if (r != 0)
			fail_msg("\"%s\": %d %s", texts[i], r, error_text(&err));
	}
}

static void bad_openmetrics_is_refused_with_its_place(void **state)
{
	(void)state;
	refuse(TEXT_OPENMETRICS, bad_openmetrics, sizeof bad_openmetrics / sizeof *bad_openmetrics);
}

static void bad_prometheus_text_is_refused_with_its_place(void **state)
{
	(void)state;
	refuse(TEXT_PROMETHEUS, bad_prometheus, sizeof bad_prometheus / sizeof *bad_prometheus);
}

static void good_text_is_taken(void **state)
{
	(void)state;
	accept(TEXT_OPENMETRICS, good_openmetrics, sizeof good_openmetrics / sizeof *good_openmetrics);
	accept(TEXT_PROMETHEUS, good_prometheus, sizeof good_prometheus / sizeof *good_prometheus);
}

/* "series value time" of each. */
static int write_down(void *data, const struct text_sample *sample)
{
	buf_printf(data, "%.*s %g", (int)sample->series_n, sample->series, sample->value);
	if (sample->has_time)
		buf_printf(data, " %lld", (long long)sample->at);
	buf_add_text(data, "\n");
	return 0;
}

static void samples_are(enum text_format format, const char *text, const char *wanted)
{
	struct error err = { 0 };
	AUTO_BUF got = { 0 };
	int r = parse(format, text, 100000, write_down, &got, &err);

	if (r < 0)
		fail_msg("%s", error_text(&err));
	assert_string_equal(buf_text(&got), wanted);
}

static void times_are_milliseconds_or_seconds(void **state)
{
	(void)state;
	samples_are(TEXT_PROMETHEUS, "a 1 1700000000123\n b { c = \"d\" , }\t2\t-5 \nc -0", "a 1 1700000000123\nb { c = \"d\" , } 2 -5\nc -0\n");
	samples_are(TEXT_OPENMETRICS, "a 1 1700000000.1239\nb{c=\"d\"} 2 -5\nc 3\n# EOF", "a 1 1700000000123\nb{c=\"d\"} 2 -5000\nc 3\n");
}

static void of_samples_within_a_millisecond_the_first_is_taken(void **state)
{
	(void)state;
	samples_are(TEXT_OPENMETRICS, "# TYPE a gauge\na 1 0\na 2 0.0000000001\na 3 0.0001\na 4 0.001\na 5 0.0011\n# EOF\n", "a 1 0\na 4 1\n");
}

static int stop(void *data, const struct text_sample *sample)
{
	(void)data, (void)sample;
	return -ESTALE;
}

static void stops_when_it_is_told_to(void **state)
{
	(void)state;
	assert_int_equal(parse(TEXT_PROMETHEUS, "a 1\n1", 100, stop, NULL, NULL), -ESTALE);
}

static void knows_what_is_said_of_metrics(void **state)
{
	static const char text[] = "# TYPE \"a.b\" counter\n# HELP \"a.b\" one\\n\\\\two\n{\"a.b_total\"} 1\nc 1\n# TYPE d_s histogram\n# UNIT d_s s\n"
				   "d_s_bucket{le=\"+Inf\"} 1 # {} 1\n# EOF\n";
	AUTO(text_parser) parser = text_parser_create(TEXT_OPENMETRICS, &limits);
	struct text_metadata it;

	(void)state;
	assert_int_equal(text_parser_feed(parser, text, sizeof text - 1, ignore, NULL, NULL), 0);
	assert_int_equal(text_parser_families(parser), 3);
	assert_int_equal(text_parser_family(parser, 0, &it), 0);
	assert_string_equal(it.name, "a.b");
	assert_string_equal(it.help, "one\n\\two");
	assert_true(it.told && it.type == TYPE_COUNTER && it.parts == PART_BIT(PART_TOTAL));
	assert_int_equal(text_parser_family(parser, 1, &it), 0);
	assert_true(!it.told && it.type == TYPE_UNKNOWN && it.parts == PART_BIT(PART_SELF));
	assert_int_equal(text_parser_family(parser, 2, &it), 0);
	assert_string_equal(it.unit, "s");
	assert_true(it.type == TYPE_HISTOGRAM && it.parts == PART_BIT(PART_BUCKET));
	assert_int_equal(text_parser_counts(parser).samples, 3);
	assert_int_equal(text_parser_counts(parser).exemplars, 1);
	assert_int_equal(text_parser_counts(parser).lines, 8);
}

/* More series, groups and families than any first room, in an order that is not theirs. */
static void many_series_are_told_apart(void **state)
{
	AUTO_BUF text = { 0 };

	(void)state;
	for (unsigned family = 0; family < 20; family++) {
		buf_printf(&text, "# TYPE f%u gauge\n", family);
		for (unsigned i = 0; i < 300; i++)
			buf_printf(&text, "f%u{a=\"%u\",b=\"%u\"} 1\n", family, i * 7 % 300, i);
	}
	assert_int_equal(parse(TEXT_PROMETHEUS, buf_text(&text), 100, ignore, NULL, NULL), 0);
	buf_add_text(&text, "f3{b=\"5\",a=\"35\"} 1\n");
	assert_int_equal(parse(TEXT_PROMETHEUS, buf_text(&text), 100, ignore, NULL, NULL), -EBADMSG);
	text.len -= strlen("f3{b=\"5\",a=\"35\"} 1\n");
	buf_add_text(&text, "f19{b=\"5\",a=\"36\"} 1\n# EOF");
	assert_int_equal(parse(TEXT_OPENMETRICS, buf_text(&text), 100, ignore, NULL, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_openmetrics_is_refused_with_its_place),
		cmocka_unit_test(bad_prometheus_text_is_refused_with_its_place),
		cmocka_unit_test(good_text_is_taken),
		cmocka_unit_test(times_are_milliseconds_or_seconds),
		cmocka_unit_test(of_samples_within_a_millisecond_the_first_is_taken),
		cmocka_unit_test(stops_when_it_is_told_to),
		cmocka_unit_test(knows_what_is_said_of_metrics),
		cmocka_unit_test(many_series_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
