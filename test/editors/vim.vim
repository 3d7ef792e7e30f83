" Vim with ALE as a client: diagnostics arrive, a hover answers, a code action edits the buffer. Environment: CONFIG (what the
" documentation tells users to write), FILE, OUT (a file that what is said goes to).
set nocompatible hidden noswapfile viminfo=
filetype plugin on
let g:ale_linters_explicit = 1
let g:ale_disable_lsp = 0
let g:ale_hover_cursor = 0
packadd! ale
runtime plugin/ale.vim
execute 'source ' . $CONFIG

function! Log(s) abort
  call writefile([a:s], $OUT, 'a')
endfunction

function! Fail(s) abort
  call Log('FAIL ' . a:s)
  cquit
endfunction

" Waits until an expression is true, at most 20 seconds.
function! Await(expression, what) abort
  for l:i in range(400)
    if eval(a:expression) | return | endif
    sleep 50m
  endfor
  call Fail(a:what)
endfunction

function! Found() abort
  let l:all = get(get(g:ale_buffer_info, bufnr(''), {}), 'loclist', [])
  return filter(copy(l:all), {_, v -> get(v, 'code', '') ==# 'magic-gup-flags'})
endfunction

execute 'edit ' . $FILE
set ft=c
call ale#Queue(0, 'lint_file')
call Await('!empty(Found())', 'no diagnostics')
let s:at = Found()[0]
call Log('diagnostics: ' . len(g:ale_buffer_info[bufnr('')].loclist))
for s:told in g:ale_buffer_info[bufnr('')].loclist | call Log('told: ' . s:told.text) | endfor
call cursor(s:at.lnum, s:at.col)

" The menu is answered with the number of the fix.
function! ale#util#Input(message, ...) abort
  let l:at = matchstr(a:message, '\d\+\ze) Use FOLL_WRITE')
  return l:at ==# '' ? '1' : l:at
endfunction
ALECodeAction
call Await('getline(s:at.lnum) =~# "FOLL_WRITE"', 'the code action edits nothing')
call Log('line: ' . trim(getline(s:at.lnum)))

let g:ale_floating_preview = 0
call cursor(s:at.lnum, match(getline(s:at.lnum), 'FOLL_WRITE') + 3)
redir => s:messages
ALEHover
sleep 1500m
redir END
let s:shown = s:messages
for s:n in range(1, bufnr('$'))
  if bufexists(s:n) && bufname(s:n) =~# 'ALEPreview' | let s:shown .= join(getbufline(s:n, 1, '$'), "\n") | endif
endfor
if s:shown !~# 'FOLL_WRITE' | call Fail('no hover: ' . s:shown) | endif
call Log('hover: ' . matchstr(s:shown, '[^\n]*FOLL_WRITE[^\n]*'))
call Log('PASS Vim ' . v:versionlong . ' with ALE')
qall!
