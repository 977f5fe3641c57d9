# HFGD on U-HRNet-W18, for which no ImageNet weights have been published.
norm_cfg = dict(type='SyncBN', requires_grad=True)
model = dict(
    type='StreamingEncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor',
        mean=[127.5, 127.5, 127.5],
        std=[127.5, 127.5, 127.5],
        bgr_to_rgb=True,
        pad_val=0,
        seg_pad_val=255),
    backbone=dict(type='UHRNet', arch='w18', norm_cfg=norm_cfg),
    decode_head=dict(
        type='HFGDHead',
        in_channels=[9, 18, 36, 72, 144],
        in_index=[0, 1, 2, 3, 4],
        # its streams are parallel: no map alone depends on all layers
        high_index=[0, 1, 2, 3, 4],
        top=3,
        num_classes=19,
        norm_cfg=norm_cfg,
        loss_decode=dict(
            type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=1.0)),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
