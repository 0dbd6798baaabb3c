# Every target is one call of .venv/bin/paperwork, after a set-up that does nothing when nothing is missing.
PAPERWORK := .venv/bin/paperwork
.DEFAULT_GOAL := help
.PHONY: help setup setup-test archive check verify new list doctor test lint bench clean needs-project

help: ## 列出可用的命令
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: ## 安装所需的程序、字体和程序库（其他命令会自动先做）
	@tools/setup.sh

setup-test:
	@tools/setup.sh test

needs-project:
	@test -n "$(PROJECT)" || { echo "请写明项目序号，例如：make $(MAKECMDGOALS) PROJECT=1"; exit 2; }

archive: needs-project setup ## 生成项目档案：make archive PROJECT=1；定稿加 FINAL=1，全部重做加 FORCE=1
	@$(PAPERWORK) archive $(PROJECT) $(if $(FINAL),--final) $(if $(FORCE),--force) $(if $(AS_OF),--as-of $(AS_OF))

check: needs-project setup ## 只校验，不生成档案：make check PROJECT=1
	@$(PAPERWORK) check $(PROJECT) $(if $(AS_OF),--as-of $(AS_OF))

verify: needs-project setup ## 核对做好的成品有没有改动：make verify PROJECT=1
	@$(PAPERWORK) verify outputs/$(PROJECT)

new: needs-project setup ## 写一份空白工作簿：make new PROJECT=2
	@$(PAPERWORK) new $(PROJECT)

list: setup ## 列出目录里的项目和各自的工作簿
	@$(PAPERWORK) list

doctor: setup ## 查看程序和字体是否齐全
	@$(PAPERWORK) doctor

lint: setup-test ## 检查代码的写法和类型
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check -q .
	@.venv/bin/mypy

test: lint ## 运行全部测试
	@.venv/bin/python -m pytest

# How fast it is, and beside what: docs/performance.md
bench:
	@tools/setup.sh bench
	@.venv/bin/python -m benchmarks.bench

clean: ## 删去成品和程序环境（不动 inputs）
	rm -rf outputs .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
