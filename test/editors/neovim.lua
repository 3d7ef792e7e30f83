-- Neovim as a client: diagnostics arrive, a hover answers, a code action edits the buffer. Environment: CONFIG (what the documentation
-- tells users to write), FILE.
local function out(...) io.stdout:write(table.concat({ ... }, ' ') .. '\n') end
local ok, err = xpcall(function()
  vim.o.swapfile = false
  vim.cmd('luafile ' .. vim.env.CONFIG)
  vim.cmd('cd ' .. vim.fn.fnamemodify(vim.env.FILE, ':h'))
  vim.cmd('edit ' .. vim.env.FILE)
  local function named(code)
    for _, d in ipairs(vim.diagnostic.get(0)) do
      if d.code == code or (d.user_data and d.user_data.lsp and d.user_data.lsp.code == code) then return d end
    end
  end
  assert(vim.wait(20000, function() return named('magic-gup-flags') ~= nil end, 20), 'no diagnostics')
  out('diagnostics:', tostring(#vim.diagnostic.get(0)))
  for _, d in ipairs(vim.diagnostic.get(0)) do out('told:', d.message) end
  local d = named('magic-gup-flags')
  vim.api.nvim_win_set_cursor(0, { d.lnum + 1, d.col })
  local params = vim.lsp.util.make_range_params()
  params.context = { diagnostics = vim.lsp.diagnostic.get_line_diagnostics() }
  local function request(method, p)
    for _, r in pairs(vim.lsp.buf_request_sync(0, method, p, 10000)) do
      assert(r.error == nil, vim.inspect(r.error))
      return r.result
    end
  end
  local fix
  for _, a in ipairs(request('textDocument/codeAction', params)) do
    if a.title == 'Use FOLL_WRITE' then fix = a end
  end
  assert(fix, 'no fix')
  if not fix.edit then fix = request('codeAction/resolve', fix) end
  local client = vim.lsp.buf_get_clients(0)[1]
  vim.lsp.util.apply_workspace_edit(fix.edit, client.offset_encoding)
  out('line:', vim.trim(vim.api.nvim_buf_get_lines(0, d.lnum, d.lnum + 1, false)[1]))
  assert(vim.wait(10000, function() return named('magic-gup-flags') == nil end, 20), 'diagnostic not cleared')
  vim.cmd('write')
  vim.api.nvim_win_set_cursor(0, { d.lnum + 1, d.col })
  local hover = request('textDocument/hover', vim.lsp.util.make_position_params())
  assert(hover and hover.contents.value:match('FOLL_WRITE'), 'no hover')
  out('hover:', vim.split(hover.contents.value, '\n')[1])
  vim.lsp.stop_client(client.id)
  assert(vim.wait(5000, function() return vim.lsp.client_is_stopped(client.id) end, 20), 'did not stop')
  local v = vim.version()
  out(('PASS Neovim %d.%d.%d'):format(v.major, v.minor, v.patch))
end, debug.traceback)
if not ok then
  out('FAIL', err)
  vim.cmd('cquit 1')
end
vim.cmd('qall!')
