# HRNetV2-W18 with the head of its authors: the four maps resized to stride 4
# and concatenated, one 1x1 convolution to mix them, one to classify.
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
    backbone=dict(type='ExactHRNet', arch='w18', norm_cfg=norm_cfg),
    decode_head=dict(
        type='TiledFCNHead',
        in_channels=[18, 36, 72, 144],
        in_index=[0, 1, 2, 3],
        input_transform='resize_concat',
        channels=270,
        kernel_size=1,
        num_convs=1,
        concat_input=False,
        dropout_ratio=0,
        num_classes=19,
        norm_cfg=norm_cfg,
        align_corners=False,
        # averaged over the pixels that have a class, as the original does
        loss_decode=dict(
            type='CrossEntropyLoss', avg_non_ignore=True, loss_weight=1.0)),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
