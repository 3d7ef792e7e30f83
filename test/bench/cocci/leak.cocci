/// Pages that a path does not give back: a short count that is returned on as an error, and a later return.
///
// Confidence: Low
// Options: --no-includes --include-headers

virtual report

@short_count exists@
expression list args;
local idexpression ret;
expression want, e;
position p, q;
@@

(
 ret = get_user_pages@p(args)
|
 ret = get_user_pages_fast@p(args)
|
 ret = get_user_pages_remote@p(args)
|
 ret = get_user_pages_unlocked@p(args)
|
 ret = pin_user_pages@p(args)
|
 ret = pin_user_pages_fast@p(args)
|
 ret = pin_user_pages_remote@p(args)
|
 ret = pin_user_pages_unlocked@p(args)
)
... when != ret = e
(
 if (ret != want) {
   ... when != put_page(...)
       when != release_pages(...)
       when != unpin_user_page(...)
       when != unpin_user_pages(...)
       when != unpin_user_pages_dirty_lock(...)
   return@q ...;
 }
|
 if (ret < want) {
   ... when != put_page(...)
       when != release_pages(...)
       when != unpin_user_page(...)
       when != unpin_user_pages(...)
       when != unpin_user_pages_dirty_lock(...)
   return@q ...;
 }
)

@script:python depends on report@
p << short_count.p;
q << short_count.q;
want << short_count.want;
@@

if want != "0" and p[0].line != q[0].line:
    coccilib.report.print_report(q[0], "WARNING: pages taken on line " + p[0].line + " are not given back when there are too few")

@later exists@
expression list args;
local idexpression ret;
expression e;
statement S;
position p, q;
@@

(
 ret = get_user_pages@p(args)
|
 ret = get_user_pages_fast@p(args)
|
 ret = get_user_pages_remote@p(args)
|
 ret = get_user_pages_unlocked@p(args)
|
 ret = pin_user_pages@p(args)
|
 ret = pin_user_pages_fast@p(args)
|
 ret = pin_user_pages_remote@p(args)
|
 ret = pin_user_pages_unlocked@p(args)
)
... when != ret = e
 if (\(ret < 0\|ret <= 0\|ret < e\|ret != e\)) S
... when != put_page(...)
    when != release_pages(...)
    when != unpin_user_page(...)
    when != unpin_user_pages(...)
    when != unpin_user_pages_dirty_lock(...)
 if (...) {
   ... when != put_page(...)
       when != release_pages(...)
       when != unpin_user_page(...)
       when != unpin_user_pages(...)
       when != unpin_user_pages_dirty_lock(...)
   return@q \(-ENOMEM\|-EFAULT\|-EINVAL\|-EIO\|ret\|e\);
 }

@script:python depends on report@
p << later.p;
q << later.q;
@@

coccilib.report.print_report(q[0], "WARNING: pages taken on line " + p[0].line + " are not given back on this path")
