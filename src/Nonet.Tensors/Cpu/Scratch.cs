using Nonet.Tensors.Memory;

namespace Nonet.Tensors.Cpu;

/// <summary>Scratch memory of one kernel call, rented from the device's pool and returned to it.</summary>
readonly unsafe ref struct Scratch : IDisposable
{
    readonly HostStorage storage;

    public Scratch(CpuDevice device, long floats)
    {
        storage = (HostStorage)device.Pool.Rent(Math.Max(1, floats) * sizeof(float));
        storage.Retain();
    }

    public float* F32 => (float*)storage.Pointer;

    public void Dispose() => storage.Release();
}
