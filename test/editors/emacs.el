;;; Emacs with eglot as a client: diagnostics arrive, a hover answers, a code action edits the buffer. Environment: CONFIG (what the
;;; documentation tells users to write), FILE.
(setq package-enable-at-startup nil make-backup-files nil create-lockfiles nil auto-save-default nil)
(package-initialize)
(require 'eglot)
(require 'flymake)
(setq eglot-sync-connect 30 eglot-autoshutdown t eglot-send-changes-idle-time 0.1
      flymake-no-changes-timeout 0.1 eglot-confirm-server-initiated-edits nil)
(load-file (getenv "CONFIG"))

(defun await (predicate what)
  "Wait until PREDICATE holds, at most 20 seconds; WHAT names it."
  (let ((end (+ (float-time) 20)) found)
    (while (and (not (setq found (funcall predicate))) (< (float-time) end))
      (accept-process-output nil 0.05))
    (or found (error "%s" what))))

(defun magic ()
  "The diagnostic that the test is about."
  (flymake-start)
  (seq-find (lambda (d) (string-match-p "passed as gup_flags" (flymake-diagnostic-text d))) (flymake-diagnostics)))

(condition-case problem
    (progn
      (find-file (getenv "FILE"))
      (c-mode)
      (let ((default-directory (file-name-directory (getenv "FILE"))))
        (cl-letf (((symbol-function 'project-current) (lambda (&rest _) (cons 'transient default-directory))))
          (apply #'eglot (eglot--guess-contact))))
      (let ((found (await #'magic "no diagnostics")))
        (princ (format "diagnostics: %d\n" (length (flymake-diagnostics))))
        (dolist (d (flymake-diagnostics)) (princ (format "told: %s\n" (flymake-diagnostic-text d))))
        (goto-char (flymake-diagnostic-beg found))
        (let* ((actions (eglot-code-actions (flymake-diagnostic-beg found) (flymake-diagnostic-end found) "quickfix"))
               (fix (seq-find (lambda (a) (equal (plist-get a :title) "Use FOLL_WRITE")) (append actions nil))))
          (unless fix (error "no fix among %S" actions))
          (unless (plist-get fix :edit)
            (setq fix (jsonrpc-request (eglot-current-server) :codeAction/resolve fix)))
          (eglot--apply-workspace-edit (plist-get fix :edit))))
      (princ (format "line: %s\n" (string-trim (thing-at-point 'line t))))
      (unless (string-match-p "FOLL_WRITE" (thing-at-point 'line t)) (error "the code action edits nothing"))
      (save-buffer)
      (await (lambda () (null (magic))) "diagnostic not cleared")
      (search-forward "FOLL_WRITE" (line-end-position))
      (backward-char 3)
      (eglot--signal-textDocument/didChange)
      (let* ((hover (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams)))
             (text (plist-get (plist-get hover :contents) :value)))
        (unless (and text (string-match-p "FOLL_WRITE" text)) (error "no hover: %S" hover))
        (princ (format "hover: %s\n" (car (split-string text "\n")))))
      (ignore-errors (eglot-shutdown (eglot-current-server)))
      (princ (format "PASS Emacs %s with eglot\n" emacs-version)))
  (error (princ (format "FAIL %S\n" problem)) (kill-emacs 1)))
