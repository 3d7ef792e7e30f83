/// Pages that are given back by the wrong function: pinned ones put, others unpinned. By flow inside of a function, and by the name of
/// the field that holds them inside of a file.
///
// Confidence: Moderate
// Options: --no-includes --include-headers

virtual report

@pinned exists@
expression list before, after;
expression pages, i;
position p;
@@

(
 pin_user_pages(before, pages, after)
|
 pin_user_pages_fast(before, pages)
|
 pin_user_pages_remote(before, pages, after)
|
 pin_user_pages_unlocked(before, pages, after)
)
... when any
    when != pages = ...
(
 put_page@p(pages[i])
|
 put_page@p(*pages)
|
 release_pages@p(pages, ...)
)

@script:python depends on report@
p << pinned.p;
@@

coccilib.report.print_report(p[0], "ERROR: pinned pages are put")

@pinned_one exists@
expression list before, after;
expression page;
position p;
@@

(
 pin_user_pages(before, &page, after)
|
 pin_user_pages_fast(before, &page)
|
 pin_user_pages_remote(before, &page, after)
|
 pin_user_pages_unlocked(before, &page, after)
)
... when any
    when != page = ...
 put_page@p(page)

@script:python depends on report@
p << pinned_one.p;
@@

coccilib.report.print_report(p[0], "ERROR: a pinned page is put")

@gotten exists@
expression list before, after;
expression pages, i;
position p;
@@

(
 get_user_pages(before, pages, after)
|
 get_user_pages(before, pages)
|
 get_user_pages_fast(before, pages)
|
 get_user_pages_remote(before, pages, after)
|
 get_user_pages_unlocked(before, pages, after)
)
... when any
    when != pages = ...
(
 unpin_user_page@p(pages[i])
|
 unpin_user_pages@p(pages, ...)
|
 unpin_user_pages_dirty_lock@p(pages, ...)
)

@script:python depends on report@
p << gotten.p;
@@

coccilib.report.print_report(p[0], "ERROR: pages are unpinned that were not pinned")

@in_field@
expression list before, after;
expression owner;
identifier pages;
@@

(
 pin_user_pages(before, owner->pages, after)
|
 pin_user_pages_fast(before, owner->pages)
|
 pin_user_pages_remote(before, owner->pages, after)
|
 pin_user_pages_unlocked(before, owner->pages, after)
)

@field_put@
identifier in_field.pages;
expression owner, i;
position p;
@@

(
 put_page@p(owner->pages[i])
|
 release_pages@p(owner->pages, ...)
)

@script:python depends on report@
p << field_put.p;
@@

coccilib.report.print_report(p[0], "ERROR: pages of a field that is filled with pinned pages are put")
