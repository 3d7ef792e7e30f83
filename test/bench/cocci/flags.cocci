/// Flags that gup.c rejects: FOLL_PIN and FOLL_GET given by a caller, FOLL_LONGTERM without a pin.
///
// Confidence: High
// Options: --no-includes --include-headers

virtual report

@get exists@
identifier f = {get_user_pages, get_user_pages_fast, get_user_pages_remote, get_user_pages_unlocked};
position p;
@@

 f@p(..., <+... \(FOLL_PIN\|FOLL_GET\|FOLL_LONGTERM\) ...+>, ...)

@script:python depends on report@
p << get.p;
@@

coccilib.report.print_report(p[0], "ERROR: flag is not for callers of this function")

@pin exists@
identifier f = {pin_user_pages, pin_user_pages_fast, pin_user_pages_remote, pin_user_pages_unlocked};
position p;
@@

 f@p(..., <+... \(FOLL_PIN\|FOLL_GET\) ...+>, ...)

@script:python depends on report@
p << pin.p;
@@

coccilib.report.print_report(p[0], "ERROR: flag is not for callers of this function")

@variable exists@
identifier f = {get_user_pages, get_user_pages_fast, get_user_pages_remote, get_user_pages_unlocked};
local idexpression flags;
expression e;
position p;
@@

(
 flags = <+... \(FOLL_PIN\|FOLL_GET\|FOLL_LONGTERM\) ...+>
|
 flags |= <+... \(FOLL_PIN\|FOLL_GET\|FOLL_LONGTERM\) ...+>
)
... when != flags = e
    when != flags &= e
 f@p(..., flags, ...)

@script:python depends on report@
p << variable.p;
@@

coccilib.report.print_report(p[0], "ERROR: flags hold one that is not for callers of this function")
