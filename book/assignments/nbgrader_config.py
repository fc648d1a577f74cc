"""Settings of nbgrader for the problem sets. nbgrader reads this file in the folder in which it is started."""

c = get_config()  # noqa: F821  (nbgrader puts it there)

c.CourseDirectory.course_id = "mornavi_lite"
# An answer that is still missing has to fail: a stub that passes silently could earn points.
c.ClearSolutions.code_stub = {"python": "raise NotImplementedError()"}
c.ClearSolutions.text_stub = "*Your answer.*"
# Seconds for one cell. A loop without end is interrupted, costs its own task, and the cells below it still run.
c.Execute.timeout = 60
# A check that somebody deleted comes back, and counts.
c.OverwriteCells.add_missing_cells = True
