using System.Runtime.InteropServices;

namespace Nonet.Tensors.Memory;

/// <summary>
/// Memory that this process can read and write. It is either its own, aligned to 64 bytes, or part of a mapped file that its owner keeps
/// open.
/// </summary>
public sealed unsafe class HostStorage : Storage
{
    readonly object? owner;

    internal HostStorage(long bytes) : base(bytes)
    {
        Pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(64, bytes), 64);
        GC.AddMemoryPressure(Math.Max(64, bytes));
    }

    HostStorage(object owner, byte* pointer, long bytes) : base(bytes)
    {
        this.owner = owner;
        Pointer = pointer;
        GC.SuppressFinalize(this);
    }

    /// <summary>Memory that belongs to another object, such as a mapped file. The storage keeps <paramref name="owner"/> alive.</summary>
    public static HostStorage Borrow(object owner, byte* pointer, long bytes) => new(owner, pointer, bytes);

    internal byte* Pointer { get; }

    /// <inheritdoc/>
    protected internal override void Free()
    {
        GC.SuppressFinalize(this);
        Release(Pointer, Bytes);
        GC.KeepAlive(owner);
    }

    /// <summary>Frees memory that no tensor returned.</summary>
    ~HostStorage() => Release(Pointer, Bytes);

    static void Release(byte* pointer, long bytes)
    {
        NativeMemory.AlignedFree(pointer);
        GC.RemoveMemoryPressure(Math.Max(64, bytes));
    }
}
