-- How far the auditor's sweeps have come: a round may take weeks, and processes live shorter.
-- way back:
--   DROP TABLE callscope.audit_marks;

CREATE TABLE callscope.audit_marks (
  sweep text PRIMARY KEY,
  mark text NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON callscope.audit_marks TO callscope_system;
