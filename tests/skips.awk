# SPDX-License-Identifier: GPL-2.0-or-later
# From CTest's log: what each test says that it left out, and why. awk -f skips.awk Testing/Temporary/LastTest.log
/^[0-9]+\/[0-9]+ Testing: / { test = $3 }
/^Output:$/ { inside = 1 }
/^<end of output>/ { inside = 0 }
inside && !/^\[ +(RUN|OK) / && (/^left out:|MTASCOPE_CAPTURES|is not installed|[Ss]kipp/) { print "skipped: " test ": " $0; count++ }
END { if (!count) print "nothing was skipped" }
