# Each target for staff runs `setup`, then calls .venv/bin/paperwork once (scheduler and worker call .venv/bin/dask).
# `setup` does nothing when nothing is missing.
PAPERWORK := .venv/bin/paperwork
.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-cluster archive archive-all check check-all read serve watch verify restore print signin forms new list doctor scheduler worker
.PHONY: test lint bench clean needs-project

help: ## 列出可用的命令
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

setup: ## 安装所需的程序、字体和程序库（其他命令会自动先做）
	@tools/setup.sh

setup-test:
	@tools/setup.sh test

setup-cluster:
	@tools/setup.sh cluster

needs-project:
	@test -n "$(PROJECT)" || { echo "请写明项目序号，例如：make $(MAKECMDGOALS) PROJECT=1"; exit 2; }

archive: needs-project setup ## 生成项目档案：make archive PROJECT=1；往年的写 PROJECT=2022-1；定稿加 FINAL=1，全部重做加 FORCE=1，待补稿也换掉齐备的加 REPLACE=1
	@$(PAPERWORK) archive $(PROJECT) $(if $(FINAL),--final) $(if $(FORCE),--force) $(if $(REPLACE),--replace) $(if $(AS_OF),--as-of $(AS_OF))

archive-all: setup $(if $(CLUSTER),setup-cluster) ## 生成全部项目的档案：make archive-all；几台机器一起做加 CLUSTER=tcp://地址:8786
	@$(PAPERWORK) archive --all $(if $(FINAL),--final) $(if $(AS_OF),--as-of $(AS_OF)) $(if $(CLUSTER),--cluster $(CLUSTER))

check: needs-project setup ## 只校验，不生成档案：make check PROJECT=1
	@$(PAPERWORK) check $(PROJECT) $(if $(AS_OF),--as-of $(AS_OF))

check-all: setup ## 校验全部项目：make check-all
	@$(PAPERWORK) check --all $(if $(AS_OF),--as-of $(AS_OF))

serve: setup ## 打开网页，拖放表格、看缺件、生成和下载：make serve；别的电脑也要用加 HOST=本机地址
	@$(PAPERWORK) serve $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT))

watch: setup ## 看守 inputs，放进什么就核对什么：make watch；还要随时生成档案加 ARCHIVE=1
	@$(PAPERWORK) watch $(if $(ARCHIVE),--archive)

read: setup ## 读目录，写出供核对和审定的 inputs/要求解读.xlsx：make read
	@$(PAPERWORK) read

verify: needs-project setup ## 核对做好的成品有没有改动：make verify PROJECT=1
	@$(PAPERWORK) verify outputs/$(PROJECT)

restore: needs-project setup ## 把换下来的档案放回来：make restore PROJECT=1；要待补稿加 STATE=待补稿
	@$(PAPERWORK) restore $(PROJECT) $(if $(STATE),--state $(STATE))

print: needs-project setup ## 打印打印版：make print PROJECT=1；先看会送去什么加 DRY=1，指定打印机加 PRINTER=名字
	@$(PAPERWORK) print $(PROJECT) $(if $(DRY),--dry) $(if $(PRINTER),--printer "$(PRINTER)")

signin: needs-project setup ## 写出要带去签字的签到表，一次活动一张：make signin PROJECT=1
	@$(PAPERWORK) signin $(PROJECT)

new: needs-project setup ## 写一份空白工作簿：make new PROJECT=2
	@$(PAPERWORK) new $(PROJECT)

list: setup ## 列出目录里的项目、各自的工作簿和档案：make list；列出每个文件的去处加 FILES=1
	@$(PAPERWORK) list $(if $(FILES),--files)

forms: setup ## 把每个模板填上编造的数据印成一份 outputs/表单预览.pdf，改了模板看一看：make forms
	@$(PAPERWORK) forms --preview

doctor: setup ## 查看程序和字体是否齐全
	@$(PAPERWORK) doctor

scheduler: setup-cluster ## 启动调度程序，几台机器一起做时用：make scheduler
	@.venv/bin/dask scheduler --no-dashboard

# Attachments are converted in child processes, which Python does not allow in a daemon process, so DAEMON is False.
# Dask's profiler is off: it would sample the work a hundred times per second. One thread: PDFium is not thread-safe.
worker: setup-cluster ## 让这台机器参加：make worker SCHEDULER=tcp://地址:8786
	@test -n "$(SCHEDULER)" || { echo "请写明调度程序的地址，例如：make worker SCHEDULER=tcp://10.0.0.5:8786"; exit 2; }
	@DASK_DISTRIBUTED__WORKER__DAEMON=False DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED=False \
		.venv/bin/dask worker $(SCHEDULER) --nworkers -1 --nthreads 1 --no-dashboard

lint: setup-test ## 检查代码的写法和类型
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check -q .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

# The tests start hundreds of commands; without compiled files each would compile the program anew.
test: lint ## 运行全部测试
	@PYTHONDONTWRITEBYTECODE= .venv/bin/python -m pytest

# Measures the speed of this program and of others, and writes the results into docs/performance.md.
bench:
	@tools/setup.sh bench
	@.venv/bin/python -m benchmarks.bench

clean: ## 删去程序环境和测试留下的东西（不动 inputs 和 outputs）
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
