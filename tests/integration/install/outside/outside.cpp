// The same library from C++.
#include <scp/scp.h>

#include <iostream>

int main()
{
    char text[SCP_SW_EXPLANATION_MAX];
    std::cout << scp_sw_explain(text, sizeof text, SCP_INS_GET_STATUS, 0x6A88) << '\n';
    return 0;
}
