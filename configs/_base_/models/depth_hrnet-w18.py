# HRNet-W18 that estimates depth: the maps resized to stride 4 and
# concatenated, one 1x1 convolution to mix them, one to metres.
_base_ = './fcn_hrnet-w18.py'
model = dict(
    type='MonoDepthEstimator',
    data_preprocessor=dict(seg_pad_val=0),  # no depth
    decode_head=dict(
        _delete_=True,
        type='DepthHead',
        in_channels=[18, 36, 72, 144],
        in_index=[0, 1, 2, 3],
        input_transform='resize_concat',
        channels=270,
        kernel_size=1,
        num_convs=1,
        concat_input=False,
        dropout_ratio=0,
        norm_cfg=dict(type='SyncBN', requires_grad=True),
        align_corners=False,
        max_depth=80.0,
        loss_decode=dict(type='SigLoss', max_depth=80.0)))
