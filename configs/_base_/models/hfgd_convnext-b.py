# of ImageNet-21k
_base_ = './hfgd_convnext-t.py'
model = dict(
    backbone=dict(
        arch='base',
        init_cfg=dict(
            checkpoint='https://download.openmmlab.com/mmclassification/v0/convnext/downstream/convnext-base_3rdparty_in21k_20220301-262fd037.pth'
        )),
    decode_head=dict(in_channels=[128, 256, 512, 1024]))
