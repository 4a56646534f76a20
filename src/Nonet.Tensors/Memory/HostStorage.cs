using System.Runtime.InteropServices;

namespace Nonet.Tensors.Memory;

/// <summary>Memory that this process reads and writes: 64-byte aligned and its own, or a slice of a mapped file that its owner keeps alive.</summary>
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

    /// <summary>Memory of somebody else (a mapped file), alive as long as <paramref name="owner"/> is.</summary>
    public static HostStorage Borrow(object owner, byte* pointer, long bytes) => new(owner, pointer, bytes);

    internal byte* Pointer { get; }

    protected internal override void Free()
    {
        GC.SuppressFinalize(this);
        Release(Pointer, Bytes);
        GC.KeepAlive(owner);
    }

    ~HostStorage() => Release(Pointer, Bytes);

    static void Release(byte* pointer, long bytes)
    {
        NativeMemory.AlignedFree(pointer);
        GC.RemoveMemoryPressure(Math.Max(64, bytes));
    }
}
