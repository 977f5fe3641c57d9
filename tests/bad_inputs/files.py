"""Files to convert, to export, that were exported or packed."""

import functools
import io
import json
import pickle
import sys
import tarfile
from pathlib import Path

import onnx
from bad_inputs.damage import both, cut, edit, save_model, write
from bad_inputs.workplace import ROOT, Row, fork_tool
from converters.hostile import Call

sys.path.insert(0, str(Path(__file__).parents[1] / 'data'))
import uhrnet_golden as golden

PADDLE = 'tools/model_converters/paddle2uhrnet.py model.pdparams new.pth'
HRNET = 'tools/model_converters/hrnet2uhrnet.py fcn.pth new.pth'
EXPORT = 'tools/deployment/export.py fcn.py fcn.pth'
RUN = 'tools/test.py fcn.py model.onnx --backend onnxruntime'
VERIFY = 'tools/dataset_converters/pack.py --verify packed'


def conversion(what, command, *says, damage=None):
    rest = () if damage is None else (damage,)
    return Row('Files to convert', what, command, says, *rest)


def exported(what, command, *says, damage=None):
    rest = () if damage is None else (damage,)
    return Row('Exporting, and exported files', what, command, says, *rest)


def packed(what, command, *says, damage=None):
    rest = () if damage is None else (damage,)
    return Row('Packed data', what, command, says, *rest)


def archive(*names):
    """A .tar.gz of files that hold nothing much."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode='w:gz') as file:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 1
            file.addfile(info, io.BytesIO(b'x'))
    return stream.getvalue()


@functools.cache
def paddle_weights():
    """Of U-HRNet-W18-Small, as Paddle writes them."""
    arrays = golden.checkpoint('UHRNet_W18_Small')
    table = {'StructuredToParameterName@@': {key: key for key in arrays}}
    return pickle.dumps(arrays | table, 4)


def official(folder):
    """What PaddleSeg would publish."""
    (folder / 'model.pdparams').write_bytes(paddle_weights())


def graph(**description):
    """An ONNX file of nothing, with a description if one is given."""

    def damage(folder):
        kind, shape = onnx.TensorProto.FLOAT, [1, 3, 64, 96]
        ends = [
            onnx.helper.make_tensor_value_info(name, kind, shape)
            for name in ('image', 'logits')
        ]
        node = onnx.helper.make_node('Identity', ['image'], ['logits'])
        made = onnx.helper.make_graph([node], 'g', ends[:1], ends[1:])
        model = onnx.helper.make_model(
            made, opset_imports=[onnx.helper.make_opsetid('', 18)]
        )
        model.ir_version = 9
        if description:
            text = json.dumps(WHOLE | description)
            model.metadata_props.add(key='uhrnet', value=text)
        onnx.save(model, folder / 'model.onnx')

    return damage


WHOLE = dict(
    task='segmentation',
    outputs='logits',
    classes=None,
    palette=None,
    normalisation=None,
    align_corners=False,
    size=None,
    least=1,
)


def pack(folder):
    """Pack the scenes."""
    done = fork_tool(
        ROOT / 'tools/dataset_converters/pack.py', 'fcn.py', 'packed',
        cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def read_packed(folder):
    """Train from the packed copy."""
    with open(folder / 'fcn.py', 'a') as file:
        file.write(
            "train_dataloader['dataset'] = dict(_delete_=True, "
            "type='PackedDataset', data_root='packed', "
            "pipeline=[dict(type='LoadPackedSample'), "
            "dict(type='PackSegInputs')])\n"
        )


def overwrite(name):
    """Change the first bytes of a file."""

    def damage(folder):
        with open(folder / name, 'r+b') as file:
            file.write(bytes(99))

    return damage


ROWS = [
    conversion(
        'a file that is not there',
        PADDLE,
        'model.pdparams: there is no such file',
        'docs/official_weights.md says where to get it',
    ),
    conversion(
        'a text by the name of weights',
        PADDLE,
        'model.pdparams: the file is damaged or incomplete, or no pickle',
        'download or copy it again',
        damage=write('model.pdparams', '<html>not found</html>'),
    ),
    conversion(
        'weights that were cut off',
        PADDLE,
        'model.pdparams: the file is damaged or incomplete',
        'download or copy it again',
        damage=write(
            'model.pdparams', pickle.dumps({'a': bytes(5000)}, 4)[:999]
        ),
    ),
    conversion(
        'weights that run code',
        PADDLE,
        'model.pdparams: the pickle refers to io.open',
        'nothing of it was run. Download the file again',
        damage=write(
            'model.pdparams', pickle.dumps({'a': Call(open, 'executed', 'w')})
        ),
    ),
    conversion(
        'weights of another model',
        PADDLE,
        'model.pdparams: not a U-HRNet checkpoint',
        'docs/official_weights.md names those that are converted',
        damage=write('model.pdparams', pickle.dumps({})),
    ),
    conversion(
        'an archive with a path out of its folder',
        PADDLE,
        'the archive was refused: its member ../model.pdparams leads out of',
        'Download it again',
        damage=write('model.pdparams', archive('../model.pdparams')),
    ),
    conversion(
        'an archive of two models',
        PADDLE,
        'the archive should hold one .pdparams file and holds 2',
        damage=write('model.pdparams', archive('a.pdparams', 'b.pdparams')),
    ),
    conversion(
        'a checkpoint that is converted already',
        'tools/model_converters/paddle2uhrnet.py fcn.pth new.pth',
        'fcn.pth: this is a zip or PyTorch file, no .pdparams',
        'perhaps it is converted already',
    ),
    conversion(
        'weights converted into themselves',
        'tools/model_converters/paddle2uhrnet.py model.pdparams '
        'model.pdparams',
        'source and target are the same file',
        'name another target',
        damage=official,
    ),
    conversion(
        'classes of a data set that has others',
        f'{PADDLE} --dataset ADE20KDataset',
        'the head has 19 classes and ADE20KDataset has 150',
        'name its data set with --dataset',
        damage=official,
    ),
    conversion(
        'a checkpoint of no HRNet',
        HRNET,
        'fcn.pth: not an HRNet checkpoint',
        'docs/official_weights.md names those that are converted',
    ),
    conversion(
        'weights of HRNet that were cut off',
        HRNET,
        'fcn.pth is damaged or incomplete',
        'Download or copy it again',
        damage=cut('fcn.pth'),
    ),
    conversion(
        'a folder of CamVid that lacks images',
        'tools/dataset_converters/camvid.py data',
        'data/train should hold 367 .png images',
    ),
    conversion(
        'a folder of LIP that lacks a download',
        'tools/dataset_converters/lip.py data',
        'data should hold TrainVal_images.zip',
        'put it there',
    ),
    conversion(
        'KITTI without its depth maps',
        'tools/dataset_converters/kitti_depth.py data data data',
        'data/train does not exist: unpack data_depth_annotated.zip',
    ),
    conversion(
        'a file of NYU Depth that is no such file',
        'tools/dataset_converters/nyu_depth.py splits.mat splits.mat',
        'splits.mat is not the splits.mat of NYU Depth v2',
        'download it again',
        damage=write('splits.mat', '<html>not found</html>'),
    ),
    conversion(
        'Pascal Context without annotations',
        'tools/dataset_converters/pascal_context.py data',
        'data/trainval_merged.json does not exist',
        'docs/datasets.md says where to get it',
    ),
    conversion(
        'annotations of Pascal Context that were cut off',
        'tools/dataset_converters/pascal_context.py data',
        'data/trainval_merged.json is damaged',
        'Download it again',
        damage=write('data/trainval_merged.json', '{"images": ['),
    ),
    conversion(
        'scenes where others are',
        'tools/dataset_converters/scenes.py data/scenes --train 2',
        'data/scenes holds scenes with other parameters',
        'choose another folder, or overwrite it (--overwrite)',
    ),
    exported(
        'a format and the ending of another one',
        f'{EXPORT} --format onnx --out model.xml',
        "model.xml of format 'onnx'",
        'onnx (.onnx), openvino (.xml)',
    ),
    exported(
        'a folder as the file to write',
        f'{EXPORT} --format onnx --out folder.onnx',
        'folder.onnx is a folder: give the name of a file',
        damage=lambda folder: (folder / 'folder.onnx').mkdir(),
    ),
    exported(
        'an image too small for the format',
        f'{EXPORT} --format torch-export --shape 64 96',
        'takes images of at least 129 pixels',
        'give another --shape than (64, 96), or --fixed-size',
    ),
    exported(
        'labels of what has no classes',
        'tools/deployment/export.py depth.py depth.pth --format onnx --argmax',
        'argmax gives labels, and the model is one of depth',
        'export without argmax',
        damage=lambda folder: save_model(folder, 'depth'),
    ),
    exported(
        'an exported file that is not there',
        RUN,
        'model.onnx does not exist: give an exported file',
    ),
    exported(
        'an exported file that was cut off',
        RUN,
        'model.onnx cannot be read by onnxruntime',
        'Export the model again',
        damage=both(graph(), cut('model.onnx')),
    ),
    exported(
        'the same for OpenVINO',
        'tools/test.py fcn.py model.onnx --backend openvino',
        'model.onnx cannot be read by openvino',
        'Export the model again',
        damage=both(graph(), cut('model.onnx')),
    ),
    exported(
        'a checkpoint as an exported file',
        'tools/test.py fcn.py fcn.pth --backend onnxruntime',
        'fcn.pth cannot be run by onnxruntime',
        'files and what runs them are .onnx (onnxruntime, openvino)',
    ),
    exported(
        'a graph of somebody else',
        RUN,
        'model.onnx was not written by tools/deployment/export.py',
        'Export the model with that',
        damage=graph(),
    ),
    exported(
        'a graph for another task',
        RUN,
        'model.onnx is of depth, the config of segmentation',
        'name the config that it was exported with',
        damage=graph(task='depth'),
    ),
    exported(
        'a graph for other classes',
        RUN,
        'model.onnx has 2 classes (cat, ...), the data set of the config 11',
        'name the config that it was exported with',
        damage=graph(classes=['cat', 'dog']),
    ),
    exported(
        'a graph with a damaged description',
        RUN,
        'the description of model.onnx has no valid size',
        'Export the model again',
        damage=graph(size='large'),
    ),
    exported(
        'a detector without its heads',
        'tools/test.py coco.py model.onnx --backend onnxruntime',
        '--backend: an exported detector has backbone and neck alone',
        'Name the checkpoint that it was exported from with --heads',
        damage=graph(),
    ),
    packed(
        'a copy where one is already',
        'tools/dataset_converters/pack.py fcn.py data',
        'data exists already',
        'Move it away or name another folder',
    ),
    packed(
        'a data set of boxes to pack',
        'tools/dataset_converters/pack.py cells.py packed',
        'has no label map',
        'data sets of segmentation',
    ),
    packed(
        'a folder that holds no copy',
        'tools/dataset_converters/pack.py --verify data',
        'data/index.json cannot be read',
        'Pack the data set again',
    ),
    packed(
        'a copy of another version',
        VERIFY,
        "packed/index.json has version '99'",
        'Pack the data set again',
        damage=both(
            pack, edit('packed/index.json', lambda x: {**x, 'version': '99'})
        ),
    ),
    packed(
        'a copy whose pixels have changed',
        VERIFY,
        '1 damaged of 2 arrays of packed',
        'Pack the data set again',
        damage=both(pack, overwrite('packed/images.bin')),
    ),
    packed(
        'a copy that was cut off, to train from',
        'tools/train.py fcn.py',
        'packed/images.bin',
        'The file was truncated, or the index changed',
        damage=both(pack, read_packed, cut('packed/images.bin')),
    ),
]
