# What every segmentation run needs besides data, model and schedule.
default_scope = 'mmseg'
custom_imports = dict(
    imports=['uhrnet.segmentation'], allow_failed_imports=False)
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))
randomness = dict(seed=0)
custom_hooks = [
    dict(type='CheckpointFitHook'),
    dict(type='FlipPairsHook'),
    dict(type='FiniteHook'),
    dict(type='PreemptionHook'),
    dict(type='ExamplePredictionsHook'),
    dict(type='ProgressHook')
]
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(
    type='SideBySideVisualizer', vis_backends=vis_backends, name='visualizer')
log_processor = dict(by_epoch=False)
log_level = 'INFO'
load_from = None
resume = False
tta_model = dict(type='FlipPairsTTAModel')
