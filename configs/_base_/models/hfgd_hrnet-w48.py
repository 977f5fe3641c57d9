# HFGD on HRNet-W48 of ImageNet.
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    type='StreamingEncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255),
    backbone=dict(
        type='ExactHRNet',
        arch='w48',
        norm_cfg=norm_cfg,
        init_cfg=dict(
            type='Pretrained', checkpoint='open-mmlab://msra/hrnetv2_w48')),
    decode_head=dict(
        type='HFGDHead',
        in_channels=[48, 96, 192, 384],
        in_index=[0, 1, 2, 3],
        # its streams are parallel: no map alone depends on all layers
        high_index=[0, 1, 2, 3],
        num_classes=19,
        norm_cfg=norm_cfg,
        loss_decode=dict(
            type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=1.0)),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
