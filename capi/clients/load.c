/* A Windows host that knows the library only by its name: it uses LoadLibrary, and the pointer
 * types of ras.h and wlanihv.h. It takes nothing but numbers from the header. */
#include "client.h"

#include <ras.h>
#include <raserror.h>

typedef DWORD(WINAPI *dot11ext_allocate_buffer)(DWORD dwByteCount, LPVOID *ppvBuffer);
typedef VOID(WINAPI *dot11ext_free_buffer)(LPVOID pvMemory);

static HMODULE library;

static void find(const char *name, void *function) {
    FARPROC found = GetProcAddress(library, name);
    CHECK(found != NULL);
    memcpy(function, &found, sizeof found);
}

static void ras_functions_by_their_pointers(void) {
    PFNRASGETBUFFER get;
    PFNRASFREEBUFFER give;
    PBYTE first, second;
    DWORD size = 60;
    find("RasGetBuffer", &get);
    find("RasFreeBuffer", &give);
    CHECK_EQ(get(&first, &size), ERROR_SUCCESS);
    CHECK_EQ(size, 1500);
    CHECK_EQ(get(&second, &size), ERROR_SUCCESS);
    CHECK(first != second);
    memset(first, 0xA5, 1500);
    memset(second, 0x5A, 1500);
    CHECK(client_all(first, 0xA5, 1500));
    CHECK_EQ(give(first + 1), ERROR_BUFFER_INVALID);
    CHECK_EQ(give(first), ERROR_SUCCESS);
    CHECK_EQ(give(first), ERROR_BUFFER_INVALID);
    CHECK_EQ(give(second), ERROR_SUCCESS);
}

static void dot11_functions_by_their_pointers(void) {
    dot11ext_allocate_buffer allocate;
    dot11ext_free_buffer release;
    LPVOID buffer;
    find("Dot11ExtAllocateBuffer", &allocate);
    find("Dot11ExtFreeBuffer", &release);
    CHECK_EQ(allocate(11454, &buffer), ERROR_SUCCESS);
    memset(buffer, 0xA5, 11454);
    release(buffer);
    release(NULL);
    CHECK_EQ(allocate(0, &buffer), ERROR_INVALID_PARAMETER);
    CHECK(buffer == NULL);
}

int main(void) {
    library = LoadLibraryA("framewell.dll");
    CHECK(library != NULL);
    RUN(ras_functions_by_their_pointers);
    RUN(dot11_functions_by_their_pointers);
    return client_end();
}
