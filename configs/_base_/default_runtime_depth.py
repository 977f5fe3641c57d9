# What every run of monocular depth needs besides data, model and schedule.
default_scope = 'mmseg'
custom_imports = dict(imports=['uhrnet.depth'], allow_failed_imports=False)
env_cfg = dict(
    cudnn_benchmark=True,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'))
randomness = dict(seed=0)
custom_hooks = [
    dict(type='CheckpointFitHook'),
    dict(type='FiniteHook'),
    dict(type='PreemptionHook'),
    dict(type='ExamplePredictionsHook'),
    dict(type='ProgressHook')
]
vis_backends = [dict(type='LocalVisBackend')]
visualizer = dict(
    type='DepthVisualizer', vis_backends=vis_backends, name='visualizer')
log_level = 'INFO'
load_from = None
resume = False
tta_model = dict(type='DepthTTAModel')
