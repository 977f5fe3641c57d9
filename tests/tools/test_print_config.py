from command_line import call_tool, import_tool
from mmengine.config import Config

TOOL = 'tools/analysis_tools/print_config.py'
CONFIG = 'fcn_uhrnet-w18-small_1xb4-500it_camvid-192x192'


def test_whole_config(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    call_tool(
        monkeypatch, import_tool(monkeypatch, TOOL), CONFIG, '--graph',
        '--out', tmp_path / 'new/whole.py',
        '--cfg-options', 'optim_wrapper.optimizer.lr=0.5',
    )  # fmt: skip
    text, _, graph = capsys.readouterr().out.partition('Model graph:\n')
    whole = Config.fromfile(tmp_path / 'new/whole.py')
    assert whole.optim_wrapper.optimizer.lr == 0.5
    assert whole.model.backbone.arch == 'w18-small'
    assert f'Config:\n{whole.pretty_text}' in text
    assert '(stage9): Sequential' in graph and 'FCNHead' in graph
    assert [x.name for x in tmp_path.iterdir()] == ['new']
