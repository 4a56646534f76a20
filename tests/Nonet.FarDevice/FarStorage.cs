using Nonet.Tensors.Memory;

namespace Nonet.Tensors.Far;

/// <summary>A handle to memory that only <see cref="FarDevice"/> can open.</summary>
sealed class FarStorage(HostStorage hidden) : Storage(hidden.Bytes)
{
    internal HostStorage Hidden => hidden;

    protected internal override void Free() => hidden.Free();
}
